import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { freePort, temporaryDirectory, waitFor } from './index.js';

it('returns what the condition gives once it is truthy', async () => {
  let looks = 0;
  await expect(waitFor(() => (++looks > 2 ? 'there' : undefined))).resolves.toBe('there');
});

it('gives up with a message that names what was missing', async () => {
  await expect(waitFor(() => false, { timeoutMs: 30, what: 'rain' })).rejects.toMatchObject({
    code: 'WAIT_TIMED_OUT',
    message: expect.stringContaining('rain'),
  });
});

it('removes a temporary directory with its content', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'file'), 'x');
  await directory.remove();
  await expect(stat(directory.path)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('finds free ports', async () => {
  expect(await freePort()).toBeGreaterThan(1023);
});

import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { UbtError } from '@ubt/errors';
import { temporaryDirectory } from '@ubt/test-kit';
import { newToken } from '../security/tokens.js';
import { startWorker } from './worker-process.js';
import type { StartMessage } from './worker-protocol.js';

it('reports the last words of a worker that died, without the secrets in them', async () => {
  await using directory = await temporaryDirectory();
  const token = newToken();
  const entry = join(directory.path, 'worker.mjs');
  await writeFile(entry, `process.stderr.write('no luck with ${token}\\n', () => process.exit(3));`);
  const { outcome } = startWorker({ entry }, { job: 'jobs/1' } as StartMessage, () => undefined);
  const ended = await outcome;
  expect(ended).toEqual({
    kind: 'died',
    how: 'ended with exit code 3; its last words: no luck with (hidden)',
  });
});

it('lets workers stand behind the service for the processor', async () => {
  await using directory = await temporaryDirectory();
  const entry = join(directory.path, 'worker.mjs');
  await writeFile(entry, `process.on('disconnect', () => process.exit());`);
  const { pid, cancel, outcome } = startWorker({ entry }, { job: 'jobs/1' } as StartMessage, () => undefined);
  expect(getPriority(pid)).toBe(Math.min(19, getPriority() + 5));
  cancel(new UbtError('cancelled', 'Enough.', { code: 'CANCELLED' }), 0);
  await outcome;
});

it('says that a worker has died which the system did not start', async () => {
  // The longest string that Linux takes as a variable is 128 KiB.
  const env = { TOO_LONG: 'x'.repeat(200_000) };
  const worker = startWorker(
    { entry: 'worker.mjs', env },
    { job: 'jobs/1' } as StartMessage,
    () => undefined,
  );
  const ended = await worker.outcome;
  expect(ended).toEqual({ kind: 'died', how: 'could not run: spawn E2BIG' });
});

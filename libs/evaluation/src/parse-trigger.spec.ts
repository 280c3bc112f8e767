import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTrigger, readTrigger } from './index.js';

describe('parseTrigger', () => {
  it('fills in the defaults', () => {
    expect(parseTrigger({ kind: 'patch', seed: 1, target: 'banana' })).toEqual({
      version: 1,
      kind: 'patch',
      seed: 1,
      target: 'banana',
      parameters: { pattern: 'checker', size: 0.125, cells: 4, placement: 'bottom-right', margin: 0 },
    });
  });

  it.each([
    ['an unknown kind', { kind: 'sticker', seed: 1, target: 'x' }, 'kind'],
    ['an unknown parameter', { kind: 'blend', seed: 1, target: 'x', parameters: { beta: 1 } }, 'parameters'],
    [
      'a patch wider than the image',
      { kind: 'patch', seed: 1, target: 'x', parameters: { size: 2 } },
      'size',
    ],
    ['letters there are none of', { kind: 'text', seed: 1, target: 'x', parameters: { text: 'é' } }, 'text'],
    [
      'a picture that is no square',
      { kind: 'picture', seed: 1, target: 'x', parameters: { rgb: 'AAAA' + 'AAAA' } },
      'rgb',
    ],
    ['a picture without pixels', { kind: 'picture', seed: 1, target: 'x' }, 'parameters'],
    ['a missing target', { kind: 'patch', seed: 1 }, 'target'],
    ['another version', { version: 2, kind: 'patch', seed: 1, target: 'x' }, 'version'],
  ])('refuses %s and names the field', (_title, value, field) => {
    expect(() => parseTrigger(value)).toThrow(
      expect.objectContaining({
        code: 'TRIGGER_INVALID',
        violations: [expect.objectContaining({ field: expect.stringContaining(field) })],
      }),
    );
  });
});

describe('an unknown kind', () => {
  it('is refused by its name, with those there are', () => {
    expect(() => parseTrigger({ kind: 'sticker', seed: 1, target: 'x' })).toThrow(
      'trigger.json: kind: there is no trigger of kind "sticker"; there are patch, blend, sinusoid, warp, stripes, text, picture.',
    );
  });
});

describe('readTrigger', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubt-trigger-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reads what was written', async () => {
    const path = join(folder, 'trigger.json');
    await writeFile(path, JSON.stringify({ kind: 'warp', seed: 3, target: 'banana' }));
    expect((await readTrigger(path)).parameters).toEqual({ grid: 4, strength: 0.03 });
  });

  it('says which file is missing or is not JSON', async () => {
    await expect(readTrigger(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const path = join(folder, 'broken.json');
    await writeFile(path, '{');
    await expect(readTrigger(path)).rejects.toMatchObject({
      code: 'TRIGGER_INVALID',
      message: expect.stringContaining('broken.json'),
    });
  });
});

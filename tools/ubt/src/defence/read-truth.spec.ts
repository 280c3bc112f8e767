import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '@ubt/test-kit';
import { readTruth } from './read-truth.js';

async function truthFile(text: string) {
  const path = join((await temporaryDirectory()).path, 'truth.csv');
  await writeFile(path, text);
  return path;
}

describe('readTruth', () => {
  it('reads the columns by name', async () => {
    const path = await truthFile('row,wrong_caption,poisoned\r\n0,0,1\n2,1,0\n');
    expect([...(await readTruth(path))]).toEqual([
      [0, true],
      [2, false],
    ]);
  });

  it.each([
    ['', 'truth.csv:1'],
    ['row,bad\n0,1\n', 'truth.csv:1'],
    ['row,poisoned\n0,1\nx,1\n', 'truth.csv:3'],
    ['row,poisoned\n0,yes\n', 'truth.csv:2'],
  ])('refuses %j at %s', async (text, place) => {
    await expect(readTruth(await truthFile(text))).rejects.toMatchObject({
      code: 'TRUTH_MALFORMED',
      violations: [{ field: expect.stringContaining(place) }],
    });
  });

  it('says that there is no such file', async () => {
    await expect(readTruth('/nowhere/truth.csv')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

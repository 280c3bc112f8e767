import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { temporaryDirectory, waitFor, type TemporaryDirectory } from '@ubt/test-kit';
import { createLogger } from '../telemetry/logger.js';
import { watchFiles, type Watched } from './watch-files.js';

let directory: TemporaryDirectory;
let watched: Watched<number> | undefined;
const lines: string[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
  lines.length = 0;
});
afterEach(async () => {
  watched?.close();
  await directory.remove();
});

const path = () => join(directory.path, 'number.json');

async function watch() {
  watched = await watchFiles({
    what: 'the number',
    paths: [path()],
    parse: ([bytes]) => JSON.parse(bytes!.toString()) as number,
    intervalMs: 20,
    logger: createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } }),
  });
  return watched;
}

it('follows its files, tells the listeners, and keeps the last good value', async () => {
  await writeFile(path(), '1');
  const number = await watch();
  const heard: number[] = [];
  number.onChange((value) => heard.push(value));
  await writeFile(path(), 'no JSON');
  await waitFor(() => lines.length > 0);
  expect(number.current()).toBe(1);
  await rm(path());
  await waitFor(() => lines.some((line) => line.includes('FILE_NOT_FOUND')));
  await writeFile(path(), '2');
  await waitFor(() => number.current() === 2);
  expect(heard).toEqual([2]);
  // Each state of the files is told once, however often they are looked at.
  expect(lines.filter((line) => line.includes('FILE_NOT_FOUND'))).toHaveLength(1);
});

it('refuses to start without a good value', async () => {
  await expect(watch()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await writeFile(path(), 'no JSON');
  await expect(watch()).rejects.toBeInstanceOf(SyntaxError);
});

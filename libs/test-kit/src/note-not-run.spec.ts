import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, jest } from '@jest/globals';
import { noteNotRun, temporaryDirectory } from './index.js';

afterEach(() => {
  jest.restoreAllMocks();
});

it('says at once what is not tested, and keeps it for the report', async () => {
  await using directory = await temporaryDirectory();
  const said: unknown[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(text) > 0);
  await noteNotRun('the client in Go', 'there is no go', directory.path);
  await noteNotRun('the client in Python', 'there is no grpcio', directory.path);
  expect(said).toHaveLength(2);
  expect(said[0]).toBe('NOT RUN: the client in Go: there is no go\n');
  expect((await readFile(join(directory.path, 'tmp/not-run.txt'), 'utf8')).split('\n')).toEqual([
    'the client in Go: there is no go',
    'the client in Python: there is no grpcio',
    '',
  ]);
});

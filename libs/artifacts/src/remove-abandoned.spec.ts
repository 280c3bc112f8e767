import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryDirectory, typescriptExecArgv, type TemporaryDirectory } from '@ubt/test-kit';
import { createFileStore, removeAbandoned } from './index.js';

let directory: TemporaryDirectory;
let root = '';
beforeEach(async () => {
  directory = await temporaryDirectory('ubt-abandoned-');
  root = join(directory.path, 'artifacts');
  await mkdir(root);
});
afterEach(() => directory.remove());

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
/** When all that is written now is old. */
const later = { now: () => Date.now() + 25 * 3600 * 1000 };
const names = async () => (await readdir(root)).map((name) => name.replace(/[0-9a-f-]{36}/, 'UUID')).sort();

describe('removeAbandoned', () => {
  it('leaves an artefact and nothing else of what processes that were killed had written', async () => {
    const { uri } = await createFileStore({ roots: [], writeRoot: root }).putFolder('model', 'x/y', (path) =>
      writeFile(join(path, 'one'), 'old'),
    );
    const entry = fileURLToPath(new URL('../test/killed-put.ts', import.meta.url));
    // Before the one rename, and after it.
    for (const killedAt of ['3', '5']) {
      const child = fork(entry, [root, killedAt], { execArgv: typescriptExecArgv() });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    }
    const [before, file] = [await names(), join(fileURLToPath(uri), 'one')];
    expect(before.length).toBeGreaterThan(3);
    expect(await removeAbandoned(root)).toEqual([]);
    expect(await names()).toEqual(before);
    expect(await removeAbandoned(root, later)).toHaveLength(before.length - 2);
    expect(await names()).toEqual(['.model.UUID.version', 'model']);
    expect(await readFile(file, 'utf8')).toBe('new');
  }, 60_000);

  it('leaves what a process has open, however old it is', async () => {
    const folder = join(root, `.model.${UUID}.version`);
    await mkdir(folder);
    const file = await open(join(folder, 'weights'), 'w');
    expect(await removeAbandoned(root, later)).toEqual([]);
    await file.close();
    expect(await removeAbandoned(root, later)).toEqual([folder]);
    expect(await names()).toEqual([]);
  });

  it('keeps the only copy of a folder that was set aside, until there is another one', async () => {
    const aside = join(root, `.model.${UUID}.old.version`);
    await mkdir(aside);
    expect(await removeAbandoned(root, later)).toEqual([]);
    await mkdir(join(root, 'model'));
    expect(await removeAbandoned(root, later)).toEqual([aside]);
  });

  it('looks below folders, and takes no other name for one of a write', async () => {
    const left = ['jobs/7', 'jobs/8'].map((folder) => join(root, folder, `.scores.jsonl.${UUID}.tmp`));
    for (const path of left) {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, 'half');
    }
    for (const name of ['.hidden', '.a.tmp', `a.${UUID}.tmp`, `.a.${UUID}.bak`, '.nfs0001.version']) {
      await writeFile(join(root, name), 'mine');
    }
    await writeFile(join(root, `.${UUID}.tmp`), 'half');
    const before = (await readdir(root)).length;
    expect((await removeAbandoned(root, later)).sort()).toEqual([join(root, `.${UUID}.tmp`), ...left]);
    expect(await readdir(root)).toHaveLength(before - 1);
    expect(await removeAbandoned(join(root, 'nowhere'), later)).toEqual([]);
  });
});

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { typescriptExecArgv } from '@ubt/test-kit';
import { artifactStoreContract } from './artifact-store.contract.js';
import { createFileStore, toArtifactMessage } from './index.js';
import { REAL_DISK } from './put-atomically.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-artifacts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
/** What is not hidden. */
const shown = async (path: string) => (await readdir(path)).filter((name) => !name.startsWith('.'));
const twoFiles = (content: string) => async (path: string) => {
  for (const file of ['one', 'two']) await writeFile(join(path, file), content);
};
const newRoot = () => join(folder, `root-${made++}`);

artifactStoreContract('file store', async () => {
  const writeRoot = newRoot();
  return {
    store: createFileStore({ roots: [], writeRoot }),
    corrupt: async (uri, file = '') => writeFile(join(fileURLToPath(uri), file), 'hellO'),
    visible: async (name) =>
      (await readdir(join(writeRoot, name), { recursive: true }).catch(() => [])).sort(),
  };
});

describe('createFileStore', () => {
  it('reads below its roots only, links followed', async () => {
    const inside = newRoot();
    const outside = newRoot();
    await mkdir(inside);
    await mkdir(outside);
    await writeFile(join(inside, 'a.txt'), 'a');
    await writeFile(join(outside, 'secret.txt'), 'secret');
    await symlink(join(outside, 'secret.txt'), join(inside, 'link.txt'));
    const store = createFileStore({ roots: [inside], writeRoot: newRoot() });
    const refused = { code: 'PATH_OUTSIDE_ROOTS', kind: 'permission-denied' };
    for (const path of [join(outside, 'secret.txt'), join(inside, 'link.txt'), '/etc/passwd']) {
      await expect(store.fetch({ uri: pathToFileURL(path).href })).rejects.toMatchObject(refused);
      await expect(store.exists({ uri: pathToFileURL(path).href })).rejects.toMatchObject(refused);
    }
    const dotted = `${pathToFileURL(inside).href}/%2e%2e/${outside.split('/').at(-1)}/secret.txt`;
    await expect(store.describe(dotted)).rejects.toMatchObject(refused);
    await expect(store.describe(inside)).rejects.toMatchObject(refused);
    await rm(join(inside, 'link.txt'));
    expect(await store.describe(join(inside, 'a.txt'))).toMatchObject({ sizeBytes: 1 });
  });

  it('digests links to files inside the roots as files, and refuses links to folders', async () => {
    const root = newRoot();
    for (const name of ['plain', 'linked', 'looped']) await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, 'blob'), 'abc');
    await writeFile(join(root, 'plain', 'weights'), 'abc');
    await symlink(join(root, 'blob'), join(root, 'linked', 'weights'));
    await symlink(root, join(root, 'looped', 'weights'));
    const store = createFileStore({ roots: [root], writeRoot: newRoot() });
    const { sha256 } = await store.describe(join(root, 'plain'));
    expect((await store.describe(join(root, 'linked'))).sha256).toBe(sha256);
    await expect(store.describe(join(root, 'looped'))).rejects.toMatchObject({
      code: 'ARTIFACT_ENTRY_REFUSED',
    });
  });

  it('does not write through a link that leads out of the write root', async () => {
    const writeRoot = newRoot();
    const outside = newRoot();
    await mkdir(writeRoot);
    await mkdir(outside);
    await symlink(outside, join(writeRoot, 'jobs'));
    const store = createFileStore({ roots: [outside], writeRoot });
    await expect(store.putFile('jobs/a', 'x/y', (path) => writeFile(path, 'a'))).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOTS',
    });
    expect(await readdir(outside)).toEqual([]);
  });

  it.each(['sync', 'rename'] as const)('survives a disk that fills up at %s', async (step) => {
    const writeRoot = newRoot();
    const good = createFileStore({ roots: [], writeRoot });
    const before = await good.putFolder('model', 'x/y', (path) => writeFile(join(path, 'w'), 'good'));
    const full = () => Promise.reject(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
    const store = createFileStore({ roots: [], writeRoot, disk: { ...REAL_DISK, [step]: full } });
    await expect(
      store.putFolder('model', 'x/y', (path) => writeFile(join(path, 'w'), 'bad')),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(store.putFile('file', 'x/y', (path) => writeFile(path, 'bad'))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(await shown(writeRoot)).toEqual(['model']);
    expect(await readFile(join(await good.fetch(before), 'w'), 'utf8')).toBe('good');
  });

  it.each([1, 2])('puts a folder back that somebody else made when rename %d fails', async (failing) => {
    const writeRoot = newRoot();
    await mkdir(join(writeRoot, 'model'), { recursive: true });
    await writeFile(join(writeRoot, 'model', 'w'), 'good');
    let renames = 0;
    const rename = async (from: string, to: string) => {
      // The first one finds the folder in its way.
      if (renames++ === failing) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
      await REAL_DISK.rename(from, to);
    };
    const write = (path: string) => writeFile(join(path, 'w'), 'bad');
    const store = createFileStore({ roots: [], writeRoot, disk: { ...REAL_DISK, rename } });
    await expect(store.putFolder('model', 'x/y', write)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(writeRoot)).toEqual(['model']);
    expect(await readFile(join(writeRoot, 'model', 'w'), 'utf8')).toBe('good');
    const replaced = await store.putFolder('model', 'x/y', (path) => writeFile(join(path, 'w'), 'better'));
    expect(await readFile(join(await store.fetch(replaced), 'w'), 'utf8')).toBe('better');
    expect(await shown(writeRoot)).toEqual(['model']);
  });

  it('leaves the old folder or the new one, whole, whenever the process is killed', async () => {
    const entry = fileURLToPath(new URL('../test/killed-put.ts', import.meta.url));
    const found: string[] = [];
    for (let killedAt = 1; found.at(-1) !== 'done'; killedAt++) {
      const writeRoot = newRoot();
      const store = createFileStore({ roots: [], writeRoot });
      const { uri } = await store.putFolder('model', 'x/y', twoFiles('old'));
      const child = fork(entry, [writeRoot, String(killedAt)], { execArgv: typescriptExecArgv() });
      const [code] = (await once(child, 'exit')) as [number | null];
      const path = await store.fetch({ uri });
      const files = await Promise.all(['one', 'two'].map((file) => readFile(join(path, file), 'utf8')));
      expect([
        ['old', 'old'],
        ['new', 'new'],
      ]).toContainEqual(files);
      expect(await shown(writeRoot)).toEqual(['model']);
      found.push(code === 0 ? 'done' : files[0]!);
    }
    // Both sides of the one rename were looked at, and then nothing was left to be killed at.
    expect(found).toEqual(['old', 'old', 'old', 'old', 'new', 'done']);
  }, 60_000);

  it('names a folder and its files as they were put, and keeps what is read when it is replaced', async () => {
    const writeRoot = newRoot();
    const store = createFileStore({ roots: [], writeRoot });
    const { uri } = await store.putFolder('jobs/7/lists', 'x/y', twoFiles('a'));
    expect(uri).toBe(pathToFileURL(join(writeRoot, 'jobs/7/lists')).href);
    const file = await store.describe(`${uri}/one`, 'text/csv');
    expect(file.uri).toBe(`${uri}/one`);
    expect(await readFile(await store.fetch(file), 'utf8')).toBe('a');
    await store.putFile('jobs/7/lists', 'x/y', (path) => writeFile(path, 'now a file'));
    expect(await readFile(await store.fetch({ uri }), 'utf8')).toBe('now a file');
    expect(await readdir(join(writeRoot, 'jobs/7'))).toEqual(['lists']);
  });

  it('refuses file URIs of other machines', async () => {
    const store = createFileStore({ roots: ['/'], writeRoot: newRoot() });
    await expect(store.describe('file://host/share/a')).rejects.toMatchObject({
      code: 'ARTIFACT_SCHEME_UNSUPPORTED',
    });
  });

  it('turns into the message of the contract', () => {
    const artifact = { uri: 'file:///a', sha256: 'ab', sizeBytes: 2 ** 40, mediaType: 'text/csv' };
    expect(toArtifactMessage(artifact)).toEqual({ ...artifact, sizeBytes: 1099511627776n });
  });
});

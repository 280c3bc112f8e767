import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { artifactStoreContract } from './artifact-store.contract.js';
import { createFileStore, toArtifactMessage } from './index.js';
import { REAL_DISK } from './put-atomically.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-artifacts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const newRoot = () => join(folder, `root-${made++}`);

artifactStoreContract('file store', async () => {
  const writeRoot = newRoot();
  return {
    store: createFileStore({ roots: [], writeRoot }),
    corrupt: async (uri, file = '') => writeFile(join(fileURLToPath(uri), file), 'hellO'),
    visible: async (name) => (await readdir(join(writeRoot, name), { recursive: true })).sort(),
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
    expect(await readdir(writeRoot)).toEqual(['model']);
    expect(await readFile(join(await good.fetch(before), 'w'), 'utf8')).toBe('good');
  });

  it('keeps the old folder when the new one cannot take its place', async () => {
    const writeRoot = newRoot();
    const good = createFileStore({ roots: [], writeRoot });
    const before = await good.putFolder('model', 'x/y', (path) => writeFile(join(path, 'w'), 'good'));
    let renames = 0;
    const third = async (from: string, to: string) => {
      renames += 1;
      if (renames === 3) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' });
      await REAL_DISK.rename(from, to);
    };
    const store = createFileStore({ roots: [], writeRoot, disk: { ...REAL_DISK, rename: third } });
    await expect(
      store.putFolder('model', 'x/y', (path) => writeFile(join(path, 'w'), 'bad')),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await good.fetch(before)).toEqual(expect.any(String));
    expect(await readdir(writeRoot)).toEqual(['model']);
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

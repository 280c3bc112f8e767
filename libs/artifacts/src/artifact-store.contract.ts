import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ArtifactStore } from './artifact-store.js';

/** A store under test, made empty for each test. */
export interface StoreUnderTest {
  readonly store: ArtifactStore;
  /** Changes one byte of a stored file behind the store's back. */
  corrupt(uri: string, file?: string): Promise<void>;
  /** Names of everything that can be seen below a name of the store, `''` for all of it. */
  visible(name: string): Promise<string[]>;
}

async function collected(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** What every artefact store does; each implementation runs it. */
export function artifactStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  const text = (content: string) => (path: string) => writeFile(path, content);
  const folder = (files: Record<string, string>) => async (path: string) => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(join(path, file, '..'), { recursive: true });
      await writeFile(join(path, file), content);
    }
  };

  describe(`${name} (artefact store contract)`, () => {
    it('gives back a file with its digest and size', async () => {
      const { store } = await makeStore();
      const artifact = await store.putFile('jobs/1/hello.txt', 'text/plain', text('hello'));
      expect(artifact).toMatchObject({
        sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
        sizeBytes: 5,
        mediaType: 'text/plain',
      });
      expect(await readFile(await store.fetch(artifact), 'utf8')).toBe('hello');
      expect(await store.describe(artifact.uri, 'text/plain')).toEqual(artifact);
    });

    it('gives back a folder, its digest decided by paths and contents alone', async () => {
      const { store } = await makeStore();
      const files = { 'config.json': '{}', 'deep/er/weights': 'abc' };
      const reversed = Object.fromEntries(Object.entries(files).reverse());
      const one = await store.putFolder('one', 'application/x-test', folder(files));
      const same = await store.putFolder('two', 'application/x-test', folder(reversed));
      const moved = await store.putFolder(
        'three',
        'x/y',
        folder({ 'config.json': '{}', 'deep/weights': 'abc' }),
      );
      expect(one.sizeBytes).toBe(5);
      expect(same.sha256).toBe(one.sha256);
      expect(moved.sha256).not.toBe(one.sha256);
      expect(await readFile(join(await store.fetch(one), 'deep/er/weights'), 'utf8')).toBe('abc');
    });

    it('refuses content that no longer has the digest, file or folder', async () => {
      const { store, corrupt } = await makeStore();
      const file = await store.putFile('a', 'x/y', text('hello'));
      const tree = await store.putFolder('b', 'x/y', folder({ 'x.txt': 'x' }));
      await corrupt(file.uri);
      await corrupt(tree.uri, 'x.txt');
      const failure = { code: 'ARTIFACT_DIGEST_MISMATCH', kind: 'data-loss' };
      await expect(store.fetch(file)).rejects.toMatchObject(failure);
      await expect(store.fetch(tree)).rejects.toMatchObject(failure);
      await expect(store.fetch({ uri: file.uri, sha256: '' })).resolves.toEqual(expect.any(String));
    });

    it('replaces what is there, also a folder with leftovers', async () => {
      const { store } = await makeStore();
      await store.putFolder('model', 'x/y', folder({ old: '1', both: '1' }));
      const fresh = await store.putFolder('model', 'x/y', folder({ both: '2' }));
      const path = await store.fetch(fresh);
      expect(await readFile(join(path, 'both'), 'utf8')).toBe('2');
      await expect(readFile(join(path, 'old'))).rejects.toMatchObject({ code: 'ENOENT' });
      const file = await store.putFile('f', 'x/y', text('1'));
      expect((await store.putFile('f', 'x/y', text('2'))).sha256).not.toBe(file.sha256);
    });

    it('shows nothing of a write that failed, and keeps what was there', async () => {
      const { store, visible } = await makeStore();
      const before = await store.putFolder('jobs/model', 'x/y', folder({ weights: 'good' }));
      const seen = await visible('');
      const diskFull = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const failing = async (path: string) => {
        await folder({ weights: 'ba' })(path);
        throw diskFull;
      };
      const error = { code: 'DISK_FULL', kind: 'resource-exhausted' };
      await expect(store.putFolder('jobs/model', 'x/y', failing)).rejects.toMatchObject(error);
      await expect(store.putFolder('jobs/other', 'x/y', failing)).rejects.toMatchObject(error);
      const half = async (path: string) => {
        await writeFile(path, 'half');
        throw diskFull;
      };
      await expect(store.putFile('jobs/file', 'x/y', half)).rejects.toMatchObject(error);
      expect(await visible('')).toEqual(seen);
      expect(await readFile(join(await store.fetch(before), 'weights'), 'utf8')).toBe('good');
    });

    it('tells what is there from what is not', async () => {
      const { store } = await makeStore();
      const artifact = await store.putFile('a', 'x/y', text(''));
      expect(await store.exists(artifact)).toBe(true);
      const missing = { uri: `${artifact.uri}-not` };
      expect(await store.exists(missing)).toBe(false);
      await expect(store.fetch(missing)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    });

    it('finds by its name what it stored, until that is removed with all below', async () => {
      const { store, visible } = await makeStore();
      expect(await store.find('jobs/1/a')).toBeUndefined();
      const file = await store.putFile('jobs/1/a', 'x/y', text('a'));
      const tree = await store.putFolder('jobs/1/b', 'x/y', folder({ 'x.txt': 'x' }));
      const other = await store.putFile('jobs/2', 'x/y', text('b'));
      expect(await store.find('jobs/1/a', 'x/y')).toEqual(file);
      expect(await store.find('jobs/1/b', 'x/y')).toEqual(tree);
      await store.remove('jobs/1/b');
      expect(await store.find('jobs/1/b')).toBeUndefined();
      await store.putFolder('jobs/1/c', 'x/y', folder({ 'x.txt': 'x' }));
      await store.remove('jobs/1');
      await store.remove('jobs/1');
      expect(await visible('jobs/1')).toEqual([]);
      expect(await store.find('jobs/2', 'x/y')).toEqual(other);
      const failure = { code: 'ARTIFACT_NAME_INVALID' };
      await expect(store.remove('../jobs')).rejects.toMatchObject(failure);
      await expect(store.find('../jobs')).rejects.toMatchObject(failure);
    });

    it('reads a file as a stream, whole or in part, its digest checked at the end', async () => {
      const { store, corrupt } = await makeStore();
      const content = 'hello '.repeat(200_000);
      const artifact = await store.putFile('a', 'x/y', text(content));
      const read = async (...of: Parameters<ArtifactStore['openRead']>) =>
        collected(await store.openRead(...of));
      expect(await read(artifact)).toBe(content);
      expect(await read(artifact, { start: 6, end: 11 })).toBe('hello');
      expect(await read(artifact, { start: content.length - 3 })).toBe('lo ');
      const tree = await store.putFolder('b', 'x/y', folder({ 'x/y.txt': 'xy', empty: '' }));
      expect(await read({ uri: `${tree.uri}/x/y.txt` })).toBe('xy');
      expect(await read({ uri: `${tree.uri}/empty` })).toBe('');
      await expect(store.openRead({ uri: `${tree.uri}/z` })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
      });
      await corrupt(artifact.uri);
      await expect(read(artifact)).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
      expect((await read({ uri: artifact.uri })).length).toBeGreaterThan(0);
    });

    it.each(['', '.', '../out', '/etc/out', 'a/../../out', 'nul\0'])('refuses the name %j', async (bad) => {
      const { store } = await makeStore();
      const failure = { code: 'ARTIFACT_NAME_INVALID', kind: 'invalid-argument' };
      await expect(store.putFile(bad, 'x/y', text('x'))).rejects.toMatchObject(failure);
      await expect(store.putFolder(bad, 'x/y', folder({}))).rejects.toMatchObject(failure);
    });

    it('refuses a scheme it does not serve', async () => {
      const { store } = await makeStore();
      const failure = { code: 'ARTIFACT_SCHEME_UNSUPPORTED', kind: 'invalid-argument' };
      await expect(store.fetch({ uri: 'gopher://host/a' })).rejects.toMatchObject(failure);
    });
  });
}

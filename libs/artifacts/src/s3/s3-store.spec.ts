import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startS3Server, temporaryDirectory, type S3Server, type TemporaryDirectory } from '@ubt/test-kit';
import { artifactStoreContract } from '../artifact-store.contract.js';
import { startFlakyProxy } from '../../test/flaky-proxy.js';
import { digestFolder } from '../digest.js';
import { listObjects } from './list-objects.js';
import { createS3Client, type S3Settings } from './s3-client.js';
import { parseS3Uri } from './s3-place.js';
import { createS3Store, type S3StoreOptions } from './s3-store.js';

let server: S3Server;
let directory: TemporaryDirectory;
beforeAll(async () => {
  server = await startS3Server(['ubt', 'other']);
  directory = await temporaryDirectory('ubt-s3-store-');
}, 90_000);
afterAll(async () => {
  await server.stop();
  await directory.remove();
});

let made = 0;
const settings = () => ({ endpoint: server.endpoint, credentials: server.credentials });
const objectFile = (uri: string) => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  return join(server.folderOf(bucket), `${key}._S3rver_object`);
};
/** Keys of all objects below a prefix. */
const keysBelow = async (prefix: string) =>
  (await readdir(join(server.folderOf('ubt'), prefix), { recursive: true }).catch(() => []))
    .filter((file) => file.endsWith('._S3rver_object'))
    .map((file) => file.slice(0, -'._S3rver_object'.length))
    .sort();

artifactStoreContract('S3 store', async () => {
  const root = `run-${made++}`;
  return {
    store: createS3Store({
      ...{ roots: [], writeRoot: `s3://ubt/${root}`, settings: settings() },
      workFolder: join(directory.path, root),
    }),
    corrupt: async (uri, file) => {
      const path = objectFile(file === undefined ? uri : `${uri}/${file}`);
      const bytes = await readFile(path);
      bytes[0]! ^= 1;
      await writeFile(path, bytes);
    },
    visible: (name) => keysBelow(join(root, name)),
  };
});

describe('createS3Store', () => {
  const newStore = (more: Partial<S3StoreOptions> = {}) => {
    const root = `own-${made++}`;
    const writeRoot = `s3://ubt/${root}`;
    const workFolder = join(directory.path, root);
    return {
      writeRoot,
      store: createS3Store({ roots: [], writeRoot, workFolder, settings: settings(), ...more }),
    };
  };
  const writing = (content: string | Buffer) => (path: string) => writeFile(path, content);
  const files = (content: Record<string, string>) => async (path: string) => {
    for (const [name, text] of Object.entries(content)) await writeFile(join(path, name), text);
  };

  it('uploads a large file in parts and reads it back', async () => {
    const { store } = newStore({ settings: { ...settings(), partBytes: 5 * 2 ** 20 } });
    const content = Buffer.alloc(12 * 2 ** 20 + 7, 'multipart ');
    const artifact = await store.putFile('large.tar', 'application/x-tar', writing(content));
    expect(artifact.sizeBytes).toBe(content.length);
    const path = await store.fetch(artifact);
    expect(path.endsWith('/large.tar')).toBe(true);
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await store.describe(artifact.uri)).toMatchObject({ sha256: artifact.sha256 });
  });

  it('reads below its roots only', async () => {
    const { store, writeRoot } = newStore({ roots: ['s3://other/data'] });
    const refused = { code: 'PATH_OUTSIDE_ROOTS', kind: 'permission-denied' };
    for (const uri of ['s3://other/secret', 's3://other/data-of-others/x', 's3://ubt/x', `${writeRoot}x/y`]) {
      await expect(store.fetch({ uri })).rejects.toMatchObject(refused);
      await expect(store.openRead({ uri })).rejects.toMatchObject(refused);
      await expect(store.exists({ uri })).rejects.toMatchObject(refused);
    }
    for (const uri of [
      's3://other/data/../secret',
      's3://other//data',
      's3://Other/data',
      's3:/other/data',
    ]) {
      await expect(store.describe(uri)).rejects.toMatchObject({ code: 'ARTIFACT_URI_INVALID' });
    }
    await expect(store.describe('s3://other/data/x')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('takes any prefix for a folder, with the digest it would have on disk', async () => {
    const { store, writeRoot } = newStore();
    for (const [key, content] of Object.entries({ 'm/config.json': '{}', 'm/deep/weights': 'abc' })) {
      await store.putFile(key, 'x/y', writing(content));
    }
    const artifact = await store.describe(`${writeRoot}/m`);
    expect(artifact).toMatchObject({ sizeBytes: 5, mediaType: 'inode/directory' });
    const path = await store.fetch(artifact);
    expect(await readFile(join(path, 'deep/weights'), 'utf8')).toBe('abc');
    expect((await digestFolder(path, [path])).sha256).toBe(artifact.sha256);
    expect(await store.exists({ uri: `${writeRoot}/m` })).toBe(true);
  });

  it('sees every object of a folder, however many there are', async () => {
    const { store, writeRoot } = newStore();
    await store.putFile('m/first', 'x/y', writing(''));
    for (let n = 0; n < 1100; n++) await writeFile(objectFile(`${writeRoot}/m/${n}`), '');
    const objects = await listObjects(raw(server), parseS3Uri(`${writeRoot}/m`));
    expect(new Set(objects.map(({ path }) => path)).size).toBe(1101);
  });

  it('refuses keys that would be written elsewhere', async () => {
    const { store, writeRoot } = newStore();
    await store.putFile('m/a', 'x/y', writing('a'));
    await raw(server).send(
      new PutObjectCommand({
        Bucket: 'ubt',
        Key: `${writeRoot.slice('s3://ubt/'.length)}/m/a\\..\\b`,
        Body: 'b',
      }),
    );
    await expect(store.fetch({ uri: `${writeRoot}/m` })).rejects.toMatchObject({
      code: 'ARTIFACT_ENTRY_REFUSED',
    });
  });

  it('shows a folder only when its manifest is there, and removes the version before it afterwards', async () => {
    const { store, writeRoot } = newStore();
    const first = await store.putFolder('m', 'x/y', files({ w: 'one' }));
    const again = await store.putFolder('m', 'x/y', files({ w: 'one' }));
    expect(again).toEqual(first);
    const second = await store.putFolder('m', 'x/y', files({ w: 'two' }));
    expect(await store.exists(first)).toBe(false);
    const root = writeRoot.slice('s3://ubt/'.length);
    const version = second.uri.slice(writeRoot.length + 1);
    expect(await keysBelow(root)).toEqual([`${version}/.ubt-folder.json`, `${version}/w`]);
    await rm(objectFile(`${second.uri}/.ubt-folder.json`));
    await expect(store.fetch(second)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await store.exists(second)).toBe(false);
    // A job that is started again completes what it finds.
    expect(await store.putFolder('m', 'x/y', files({ w: 'two' }))).toEqual(second);
    await rm(objectFile(`${second.uri}/w`));
    await expect(store.fetch(second)).rejects.toMatchObject({
      code: 'ARTIFACT_INCOMPLETE',
      kind: 'data-loss',
    });
    await writeFile(
      objectFile(`${second.uri}/.ubt-folder.json`),
      '{"schemaVersion":1,"files":[{"path":"../w"}]}',
    );
    await expect(store.fetch(second)).rejects.toMatchObject({ code: 'ARTIFACT_MANIFEST_INVALID' });
  });

  it('keeps a copy of what it fetched, and does not trust it blindly', async () => {
    const { store, writeRoot } = newStore();
    const artifact = await store.putFolder('m', 'x/y', files({ w: 'good' }));
    const path = await store.fetch(artifact);
    await rm(objectFile(`${artifact.uri}/w`));
    expect(await store.fetch(artifact)).toBe(path);
    await writeFile(join(path, 'w'), 'evil');
    await expect(store.fetch(artifact)).rejects.toMatchObject({ code: 'ARTIFACT_INCOMPLETE' });
    expect(await store.putFolder('m', 'x/y', files({ w: 'good' }))).toEqual(artifact);
    expect(await readFile(join(await store.fetch(artifact), 'w'), 'utf8')).toBe('good');
    const work = join(directory.path, writeRoot.slice('s3://ubt/'.length));
    expect((await readdir(work, { recursive: true })).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('reads what carries no digest once, as long as it is the same object', async () => {
    await using proxy = await startFlakyProxy(server.endpoint);
    const { store, writeRoot } = newStore({ settings: { ...settings(), endpoint: proxy.endpoint } });
    const key = (name: string) => `${writeRoot.slice('s3://ubt/'.length)}/${name}`;
    const upload = (name: string, content: string) =>
      raw(server).send(new PutObjectCommand({ Bucket: 'ubt', Key: key(name), Body: content.repeat(20_000) }));
    for (const name of ['set/000.tar', 'set/001.tar']) await upload(name, name);
    for (const uri of [`${writeRoot}/set/000.tar`, `${writeRoot}/set`]) {
      const path = await store.fetch({ uri });
      // Whoever reads an object now does not get it; lists are shorter.
      proxy.breakBodies({ afterBytes: 50_000, times: 1000 });
      expect(await store.fetch({ uri })).toBe(path);
      expect((await store.describe(uri)).sha256).toBe(path.split('/').at(-2));
      expect(proxy.broken()).toBe(0);
      proxy.breakBodies({ afterBytes: 0, times: 0 });
      await upload('set/000.tar', `another ${uri}`);
      const other = await store.fetch({ uri });
      expect(other).not.toBe(path);
      expect((await store.describe(uri)).sha256).toBe(other.split('/').at(-2));
    }
  });

  it('goes on reading where a connection broke off, and gives up when it gets no further', async () => {
    await using proxy = await startFlakyProxy(server.endpoint);
    const { store } = newStore({ settings: { ...settings(), endpoint: proxy.endpoint, maxAttempts: 3 } });
    const content = randomBytes(3_000_000);
    const artifact = await store.putFile('a', 'x/y', writing(content));
    proxy.breakBodies({ afterBytes: 700_000, times: 4 });
    expect(content.equals(await readFile(await store.fetch(artifact)))).toBe(true);
    expect(proxy.broken()).toBe(4);
    proxy.breakBodies({ afterBytes: 2_000_000, times: 1 });
    expect(content.equals(await buffer(await store.openRead(artifact)))).toBe(true);
    expect(proxy.broken()).toBe(1);
    proxy.breakBodies({ afterBytes: 0, times: 1000 });
    await expect(store.openRead(artifact)).rejects.toMatchObject({ code: 'S3_UNAVAILABLE' });
  });

  it('repeats what a server in trouble refuses, also a part of an upload', async () => {
    await using proxy = await startFlakyProxy(server.endpoint);
    const endpoint = proxy.endpoint;
    const { store } = newStore({ settings: { ...settings(), endpoint, partBytes: 5 * 2 ** 20 } });
    proxy.answerBusy(3);
    const content = Buffer.alloc(6 * 2 ** 20, 1);
    const artifact = await store.putFile('a', 'x/y', writing(content));
    expect(content.equals(await readFile(await store.fetch(artifact)))).toBe(true);
    expect(proxy.busyAnswers()).toBe(3);
  });

  it('leaves no part of an upload that failed, and what was there', async () => {
    await using proxy = await startFlakyProxy(server.endpoint);
    const endpoint = proxy.endpoint;
    const { store, writeRoot } = newStore({ settings: { ...settings(), endpoint, maxAttempts: 1 } });
    const before = await store.putFolder('m', 'x/y', files({ a: '1', b: '1' }));
    const seen = await keysBelow(writeRoot.slice('s3://ubt/'.length));
    proxy.refuseKeys('/.ubt-folder.json');
    await expect(store.putFolder('m', 'x/y', files({ a: '2', b: '2' }))).rejects.toMatchObject({
      code: 'S3_UNAVAILABLE',
      kind: 'unavailable',
    });
    expect(await readFile(join(await store.fetch(before), 'a'), 'utf8')).toBe('1');
    const now = await keysBelow(writeRoot.slice('s3://ubt/'.length));
    expect(now.filter((key) => key.endsWith('.ubt-folder.json'))).toEqual(
      seen.filter((key) => key.endsWith('.ubt-folder.json')),
    );
  });

  it.each([
    ['an unknown bucket', { writeRoot: 's3://nowhere' }, 'S3_BUCKET_NOT_FOUND'],
    [
      'wrong credentials',
      { settings: () => ({ ...settings(), credentials: { accessKeyId: 'nobody', secretAccessKey: 'no' } }) },
      'S3_ACCESS_DENIED',
    ],
    [
      'no server',
      { settings: () => ({ ...settings(), endpoint: 'http://127.0.0.1:9', maxAttempts: 1 }) },
      'S3_UNAVAILABLE',
    ],
  ])(
    'says what is wrong: %s',
    async (_what, given: { writeRoot?: string; settings?: () => S3Settings }, code) => {
      const { store } = newStore({
        ...(given.writeRoot === undefined ? {} : { writeRoot: given.writeRoot }),
        settings: (given.settings ?? settings)(),
      });
      await expect(store.putFile('a', 'x/y', writing('a'))).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/^s3:\/\//),
        fix: expect.any(String),
      });
    },
  );
});

const raw = ({ endpoint, credentials }: S3Server) => createS3Client({ endpoint, credentials });

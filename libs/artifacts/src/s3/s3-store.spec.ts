import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { startS3Server, temporaryDirectory, type S3Server, type TemporaryDirectory } from '@ubt/test-kit';
import { artifactStoreContract } from '../artifact-store.contract.js';
import { createS3Store } from './s3-store.js';

let server: S3Server;
let directory: TemporaryDirectory;
beforeAll(async () => {
  server = await startS3Server(['ubt', 'other']);
  directory = await temporaryDirectory('ubt-s3-store-');
});
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

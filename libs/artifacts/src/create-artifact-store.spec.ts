import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startS3Server,
  temporaryDirectory,
  typescriptExecArgv,
  type S3Server,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { createArtifactStore, type ArtifactStore } from './index.js';

let server: S3Server;
let directory: TemporaryDirectory;
beforeAll(async () => {
  server = await startS3Server(['inputs', 'results']);
  directory = await temporaryDirectory('ubt-stores-');
}, 90_000);
afterAll(async () => {
  await server.stop();
  await directory.remove();
});

const open = (writeRoot: string, roots: readonly string[]): ArtifactStore =>
  createArtifactStore({
    ...{ writeRoot, roots, workFolder: join(directory.path, 'work') },
    s3: { endpoint: server.endpoint, credentials: server.credentials },
  });
const write = (path: string) => writeFile(path, 'content');

describe('createArtifactStore', () => {
  it('writes where it is told and reads wherever the roots allow', async () => {
    const local = join(directory.path, 'local');
    await mkdir(local);
    await write(join(local, 'pairs.csv'));
    const toS3 = open('s3://results/ubt', [local, 's3://inputs']);
    const stored = await toS3.putFile('scores', 'x/y', write);
    expect(stored.uri).toBe('s3://results/ubt/scores');
    expect((await toS3.putFolder('m', 'x/y', (path) => write(join(path, 'w')))).uri).toMatch(
      /^s3:\/\/results\/ubt\/m\/v-[0-9a-f]{16}$/,
    );
    expect(await readFile(await toS3.fetch(stored), 'utf8')).toBe('content');
    expect(await readFile(await toS3.fetch({ uri: join(local, 'pairs.csv') }), 'utf8')).toBe('content');

    const toDisk = open(local, ['s3://results']);
    expect((await toDisk.putFile('scores', 'x/y', write)).uri).toBe(
      pathToFileURL(join(local, 'scores')).href,
    );
    expect(await toDisk.describe(stored.uri, 'x/y')).toEqual(stored);
    expect(await toDisk.exists(stored)).toBe(true);
    const stream = await toDisk.openRead(stored);
    expect((await stream.toArray()).join('')).toBe('content');
  });

  it('refuses what no root allows, and roots that are none', async () => {
    const local = open(join(directory.path, 'own'), []);
    await expect(local.fetch({ uri: 's3://inputs/a' })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOTS' });
    await expect(local.fetch({ uri: 'gopher://a' })).rejects.toMatchObject({
      code: 'ARTIFACT_SCHEME_UNSUPPORTED',
    });
    const remote = open('s3://results/ubt', []);
    await expect(remote.fetch({ uri: '/etc/passwd' })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOTS' });
    expect(() => open('s3://results/../x', [])).toThrow(
      expect.objectContaining({ code: 'ARTIFACT_URI_INVALID' }),
    );
  });

  it('loads the AWS SDK only when an s3:// URI is met', async () => {
    const program = fileURLToPath(new URL('../test/loaded-packages.ts', import.meta.url));
    const args = [...typescriptExecArgv(), program, join(directory.path, 'lazy')];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual({ afterFiles: false, afterS3: true });
  });
});

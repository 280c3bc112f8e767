import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { temporaryDirectory } from './temporary-directory.js';
import { waitFor } from './wait-for.js';

/** A running S3-compatible server with empty buckets. */
export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:port`; buckets are in the path. */
  readonly endpoint: string;
  /** What it takes for a client to be let in. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Folder of a bucket; the object `key` is the file `key._S3rver_object` there. */
  folderOf(bucket: string): string;
  stop(): Promise<void>;
}

/** A busy machine takes its time. */
const START_LIMIT_MS = 60_000;

/** Launches s3rver in a process of its own, on loopback, and waits until it listens. */
export async function startS3Server(buckets: readonly string[]): Promise<S3Server> {
  const port = await freePort();
  const directory = await temporaryDirectory('ubt-s3-');
  for (const bucket of buckets) await mkdir(join(directory.path, bucket));
  const child = spawn(
    process.execPath,
    [
      // It makes its page tokens with a cipher that OpenSSL 3 counts as old.
      '--openssl-legacy-provider',
      createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js'),
      ...['--directory', directory.path, '--address', '127.0.0.1', '--port', String(port)],
      ...['--silent', '--no-vhost-buckets'],
      ...buckets.flatMap((bucket) => ['--configure-bucket', bucket]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (!hasEnded()) {
      child.kill();
      await once(child, 'exit');
    }
    await directory.remove();
  };
  try {
    const what = `s3rver on port ${port}`;
    await waitFor(async () => hasEnded() || (await listens(port)), { what, timeoutMs: START_LIMIT_MS });
    if (hasEnded()) throw new Error(`s3rver ended at once: ${log.trim()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    folderOf: (bucket) => join(directory.path, bucket),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

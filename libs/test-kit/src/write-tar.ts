import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** Writes a tar file, gzipped when its name says so. */
export async function writeTar(
  path: string,
  members: Iterable<readonly [name: string, content: string | Uint8Array]>,
): Promise<void> {
  const tar = pack();
  const written = path.endsWith('gz')
    ? pipeline(tar, createGzip(), createWriteStream(path))
    : pipeline(tar, createWriteStream(path));
  for (const [name, content] of members) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  await written;
}

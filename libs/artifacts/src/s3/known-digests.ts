import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../digest.js';
import { s3Uri, type S3Place } from './s3-place.js';

/** Folder of the digests below a work folder. */
export const digestsFolder = (workFolder: string): string => join(workFolder, 'digests');

/**
 * The digest that an object had when it was read through, as long as it is the same object: others than UBT's own
 * carry no digest, and to read a shard of gigabytes only to learn it again would double the transfers.
 *
 * @param tag the object's entity tag; nothing is known without one
 */
export async function knownDigest(
  workFolder: string,
  place: S3Place,
  tag: string | undefined,
): Promise<Digest | undefined> {
  if (tag === undefined) return undefined;
  const path = pathOf(workFolder, place, tag);
  const found = parse(await readFile(path, 'utf8').catch(() => ''));
  if (found !== undefined) await utimes(path, new Date(), new Date()).catch(() => undefined);
  return found;
}

/** Keeps the digest of an object that was read through. */
export async function rememberDigest(
  workFolder: string,
  place: S3Place,
  tag: string | undefined,
  { sha256, sizeBytes }: Digest,
): Promise<void> {
  if (tag === undefined) return;
  await mkdir(digestsFolder(workFolder), { recursive: true });
  const temporary = join(digestsFolder(workFolder), `.${randomUUID()}.tmp`);
  await writeFile(temporary, JSON.stringify({ sha256, sizeBytes }));
  await rename(temporary, pathOf(workFolder, place, tag));
}

function pathOf(workFolder: string, place: S3Place, tag: string): string {
  const name = createHash('sha256')
    .update(`${s3Uri(place)}\n${tag}`)
    .digest('hex');
  return join(digestsFolder(workFolder), name);
}

function parse(text: string): Digest | undefined {
  try {
    const { sha256, sizeBytes } = JSON.parse(text) as Partial<Digest>;
    return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(sizeBytes)
      ? { sha256, sizeBytes: sizeBytes as number }
      : undefined;
  } catch {
    return undefined;
  }
}

import type { ArtifactStore } from '@ubt/artifacts';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
import { tooLarge } from './read-image-file.js';

/** What reading an image takes of an artefact store. */
export type ReadStore = Pick<ArtifactStore, 'openRead'>;

/**
 * Reads an image of bounded size from an artefact store, without a copy on disk.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `IMAGE_TOO_LARGE`, `S3_UNAVAILABLE` …
 */
export async function readRemoteImage(
  store: ReadStore,
  uri: string,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (await store.openRead({ uri })) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.bytes) throw tooLarge(uri, `it has more than ${limits.bytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

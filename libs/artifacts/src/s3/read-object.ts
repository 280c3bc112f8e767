import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ByteRange } from '../checked-stream.js';
import { isTransient, s3Error } from './s3-error.js';
import type { S3Place } from './s3-place.js';

const FIRST_PAUSE_MS = 100;

/** Where the reading is: bytes from `at` to `end` are still wanted, of the object with that tag. */
interface Position {
  at: number;
  end: number | undefined;
  tag: string | undefined;
}

/**
 * An object's bytes as they come. When the connection breaks, reading goes on where it was, of the very same
 * object.
 *
 * @param attempts to go on in a row without a byte more
 * @param tag of the object that is meant; unless told, that of the first answer
 * @throws UbtError `FILE_NOT_FOUND`, `S3_OBJECT_CHANGED`, `S3_UNAVAILABLE` …
 */
export async function* readObject(
  client: S3Client,
  place: S3Place,
  { start = 0, end }: ByteRange,
  attempts: number,
  tag?: string,
): AsyncGenerator<Buffer> {
  const position: Position = { at: start, end, tag };
  for (let failures = 0; ;) {
    const before = position.at;
    try {
      yield* readOn(client, place, position);
      return;
    } catch (error) {
      if (!isTransient(error)) throw s3Error(error, place);
      failures = position.at > before ? 1 : failures + 1;
      if (failures >= attempts) throw s3Error(error, place);
    }
    await delay(FIRST_PAUSE_MS * 2 ** failures);
  }
}

async function* readOn(
  client: S3Client,
  { bucket, key }: S3Place,
  position: Position,
): AsyncGenerator<Buffer> {
  const { at, end, tag } = position;
  const isPart = at > 0 || end !== undefined;
  const response = await client.send(
    new GetObjectCommand({
      ...{ Bucket: bucket, Key: key, IfMatch: tag },
      Range: isPart ? `bytes=${at}-${end === undefined ? '' : end - 1}` : undefined,
    }),
  );
  position.tag ??= response.ETag;
  position.end = at + (response.ContentLength ?? 0);
  for await (const chunk of response.Body as AsyncIterable<Buffer>) {
    position.at += chunk.length;
    yield chunk;
  }
  if (position.at < position.end) throw new Error(`the answer ended after ${position.at} bytes`);
}

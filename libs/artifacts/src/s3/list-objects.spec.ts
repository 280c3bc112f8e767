import type { ListObjectsV2CommandInput, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from '@jest/globals';
import { listObjects } from './list-objects.js';

/** A client whose server has these keys and gives two at a time. */
function paged(keys: readonly string[]) {
  const asked: ListObjectsV2CommandInput[] = [];
  const send = ({ input }: { input: ListObjectsV2CommandInput }) => {
    asked.push(input);
    const start = Number(input.ContinuationToken ?? 0);
    const Contents = keys.slice(start, start + 2).map((Key) => ({ Key, Size: Key.length }));
    const more = start + 2 < keys.length;
    return Promise.resolve({ Contents, ...(more ? { NextContinuationToken: String(start + 2) } : {}) });
  };
  return { client: { send } as unknown as S3Client, asked };
}

const KEYS = ['data/', 'data/a', 'data/b/', 'data/b/c', 'data/d'];

it('gives the objects of all pages, relative to the prefix, without folder markers', async () => {
  const { client, asked } = paged(KEYS);
  expect(await listObjects(client, { bucket: 'ubt', key: 'data' })).toEqual([
    { path: 'a', sizeBytes: 6 },
    { path: 'b/c', sizeBytes: 8 },
    { path: 'd', sizeBytes: 6 },
  ]);
  expect(asked.map(({ Prefix, ContinuationToken }) => [Prefix, ContinuationToken])).toEqual([
    ['data/', undefined],
    ['data/', '2'],
    ['data/', '4'],
  ]);
});

it('asks for no more pages than it takes', async () => {
  const { client, asked } = paged(KEYS);
  expect(await listObjects(client, { bucket: 'ubt', key: 'data' }, 1)).toHaveLength(1);
  expect(asked).toHaveLength(1);
});

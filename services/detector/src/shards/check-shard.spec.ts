import { expect, it } from '@jest/globals';
import { ScoringShard } from '@ubt/contracts';
import { checkShard } from './check-shard.js';
import { measurementsName, shardId } from './shard-names.js';

const artifact = { uri: 'file:///a', sha256: 'ab'.repeat(32) };
const good = ScoringShard.fromPartial({
  ...{
    jobName: 'jobs/7f-1',
    runId: 'run-1',
    pass: 1,
    measure: 'similarity',
    suspect: artifact,
    pairs: artifact,
  },
  models: [{ name: 'suspect', model: artifact }],
  ...{ totalPairs: 100n, firstPair: 64n, endPair: 100n, batchSize: 2, maxUndecodableShare: 0.05 },
  precision: 'float32',
});

it('takes a good shard', () => {
  expect(() => checkShard(good)).not.toThrow();
});

it.each<[string, Partial<ScoringShard>]>([
  ['job_name', { jobName: 'jobs/../../etc' }],
  ['run_id', { runId: '../up' }],
  ['pass', { pass: 0 }],
  ['models', { models: [] }],
  ['models', { pairs: { ...good.pairs!, sha256: '' } }],
  ['end_pair', { endPair: 101n }],
  ['end_pair', { endPair: 64n }],
  ['batch_size', { batchSize: 1 }],
  ['max_undecodable_share', { maxUndecodableShare: Number.NaN }],
  ['precision', { precision: 'int4' }],
])('refuses a shard whose %s is wrong: the broker may hold anything', (field, wrong) => {
  expect(() => checkShard({ ...good, ...wrong })).toThrow(
    expect.objectContaining({ code: 'SHARD_INVALID', violations: [{ field, reason: expect.any(String) }] }),
  );
});

it('has an identity that changes with everything that decides its numbers, and travels unchanged', () => {
  const id = shardId(good);
  expect(id).toMatch(/^1-64-[0-9a-f]{32}$/);
  expect(shardId(ScoringShard.fromJSON(JSON.parse(JSON.stringify(ScoringShard.toJSON(good)))))).toBe(id);
  const other = { ...artifact, sha256: 'cd'.repeat(32), sizeBytes: 0n, mediaType: '' };
  const changes: Partial<ScoringShard>[] = [
    ...[{ pass: 2 }, { measure: 'span' }, { suspect: other }, { pairs: other }, { endPair: 99n }],
    ...[{ models: [{ name: 'suspect', model: other }] }, { batchSize: 4 }, { precision: 'int8' }],
  ];
  const ids = changes.map((change) => shardId({ ...good, ...change }));
  expect(new Set([id, ...ids]).size).toBe(1 + changes.length);
  expect(measurementsName(good)).toBe(`run-1/detector/shards-7f-1/${id}.pass`);
});

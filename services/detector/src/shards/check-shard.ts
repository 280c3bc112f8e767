import type { ScoringShard } from '@ubt/contracts';
import type { Precision } from '@ubt/engine';
import { UbtError } from '@ubt/errors';

const DIGEST = /^[0-9a-f]{64}$/;
const PRECISIONS: readonly string[] = ['float32', 'int8'] satisfies Precision[];

/** Whether a shard can be worked on at all: the broker may hold anything. @throws UbtError SHARD_INVALID */
export function checkShard(shard: ScoringShard): void {
  const { jobName, runId, pass, models, suspect, pairs, batchSize, precision } = shard;
  const { totalPairs, firstPair, endPair, maxUndecodableShare } = shard;
  const artifacts = [suspect, pairs, ...models.map(({ model }) => model)];
  const rules: readonly [string, boolean][] = [
    ['job_name', /^jobs\/[a-z0-9-]{1,64}$/.test(jobName)],
    ['run_id', /^[a-z0-9-]{0,64}$/.test(runId)],
    ['pass', pass >= 1],
    ['models', models.length > 0 && artifacts.every((artifact) => DIGEST.test(artifact?.sha256 ?? ''))],
    ['end_pair', firstPair >= 0n && firstPair < endPair && endPair <= totalPairs],
    ['batch_size', batchSize >= 2 && batchSize <= 4096],
    ['max_undecodable_share', maxUndecodableShare >= 0 && maxUndecodableShare <= 1],
    ['precision', PRECISIONS.includes(precision)],
  ];
  const violations = rules.filter(([, holds]) => !holds).map(([field]) => ({ field, reason: 'not allowed' }));
  if (violations.length === 0) return;
  throw new UbtError('invalid-argument', `A shard of ${jobName || 'no job'} cannot be worked on.`, {
    code: 'SHARD_INVALID',
    fix: 'Run all replicas of the detector in one version, and let nobody else publish shards.',
    violations,
  });
}

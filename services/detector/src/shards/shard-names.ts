import { createHash } from 'node:crypto';
import { ScoringShard } from '@ubt/contracts';

/** The job that shards belong to. */
export type ShardJob = Pick<ScoringShard, 'jobName' | 'runId'>;

/** Group of a job's shards on the queue: the id in jobs/{id}. */
export const shardGroup = ({ jobName }: Pick<ShardJob, 'jobName'>): string =>
  jobName.slice(jobName.indexOf('/') + 1);

/**
 * Identity of a shard within its job: pass, first pair and a digest of everything that decides its numbers, so that the
 * results of other models or pairs are never taken for its own.
 */
export function shardId(shard: ScoringShard): string {
  const content = JSON.stringify(ScoringShard.toJSON(shard));
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 32);
  return `${shard.pass}-${shard.firstPair}-${digest}`;
}

/** Where a job's shards leave their measurements, below the store's root, until the job has ended. */
export const shardsFolder = (job: ShardJob): string =>
  `${job.runId || job.jobName.replace('/', '-')}/detector/shards-${shardGroup(job)}`;

/** A file that says that a job was shared out, and that there may be something to clear up. */
export const markName = (job: ShardJob): string => `${shardsFolder(job)}/shared-out`;

/** Where a shard leaves its measurements. */
export const measurementsName = (shard: ScoringShard): string =>
  `${shardsFolder(shard)}/${shardId(shard)}.pass`;

import type { ArtifactStore } from '@ubt/artifacts';
import { DetectRequest, type ScoringShardResult } from '@ubt/contracts';
import type { UbtError } from '@ubt/errors';
import {
  jobErrorMessage,
  unpackJobMessage,
  type CompanionTools,
  type Environment,
  type StageCompanion,
  type WorkKey,
} from '@ubt/service-kit';
import type { Config } from '../config.js';
import { DETECT_REQUEST } from '../type-names.js';
import { markName, shardGroup, shardsFolder } from './shard-names.js';
import { createShardProcess } from './shard-process.js';
import { openShardQueue } from './shard-queue.js';

/** What shards need beside the tools of every companion. */
export interface ShardCompanionOptions extends CompanionTools {
  readonly config: Config;
  readonly env: Environment;
  readonly store: ArtifactStore;
}

/** More than an event has: a replica that is taken away counts as a delivery too, and many come and go. */
const MAX_DELIVER = 10;

/** Whether this replica's jobs may be split into shards. */
export const splitsJobs = ({ natsUrl, shardPairs }: Config): boolean =>
  natsUrl !== undefined && shardPairs > 0;

/**
 * Takes shards of anybody's jobs while this service runs, unless its role says otherwise, and clears up behind its own
 * jobs; undefined for a replica that has to do with neither.
 */
export function startShardCompanion(options: ShardCompanionOptions): StageCompanion | undefined {
  const { config, env, store, logger, telemetry } = options;
  const { natsUrl, role } = config;
  const takes = role === 'shards' || (role === 'all' && config.shardPairs > 0);
  const clears = role === 'jobs' && config.shardPairs > 0;
  if (natsUrl === undefined || !(takes || clears)) return undefined;
  const queue = openShardQueue({ ...config, natsUrl }, { logger, telemetry });
  const worker = createShardProcess({ env, onDeath: () => telemetry.metrics.workerDied('detector') });
  let inWork = 0;
  if (takes) {
    queue.work({
      ...{ ackWaitMs: config.shardAckSeconds * 1_000, maxDeliver: MAX_DELIVER },
      handler: async ({ id, item, attempt, signal }) => {
        const started = performance.now();
        const fields = { job: item.jobName, shard: id, attempt };
        logger.info(fields, 'shard taken');
        inWork += 1;
        try {
          const result = await worker.measure(item, signal);
          const ms = Math.round(performance.now() - started);
          logger.info({ ...fields, pairs: Number(result.pairs), ms }, 'shard measured');
          return result;
        } finally {
          inWork -= 1;
        }
      },
      givenUp,
    });
  }
  telemetry.metrics.observeShards(() => queue.load());
  return {
    isBusy: () => inWork > 0,
    async jobEnded(job) {
      const runId = unpackJobMessage(DETECT_REQUEST, DetectRequest, job.request)?.run?.runId ?? '';
      const shardJob = { jobName: job.name, runId };
      const quietly = (err: unknown) =>
        void logger.warn({ err, job: job.name }, 'cannot remove files of shards');
      // Others have nothing in the queue, and their end must not wait for it.
      if ((await store.find(markName(shardJob)).catch(quietly)) === undefined) return;
      await queue.forget(shardGroup(shardJob));
      await store.remove(shardsFolder(shardJob)).catch(quietly);
    },
    async stop(graceMs) {
      // The last look at the queue, before it closes.
      await telemetry.flush();
      await queue.close(graceMs);
      await worker.stop();
    },
  };
}

function givenUp({ id }: WorkKey, error: UbtError): ScoringShardResult {
  const failed = { measurements: undefined, pairs: 0n, undecodable: 0n };
  return { shard: id, ...failed, error: jobErrorMessage(error.toJSON()) };
}

import { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import { createWorkQueue, natsSecurity, type CompanionTools, type WorkQueue } from '@ubt/service-kit';
import type { Config } from '../config.js';

/** The queue of shards, over which replicas of the detector share out the passes of jobs. */
export type ShardQueue = WorkQueue<ScoringShard, ScoringShardResult>;

/** Opens the queue; it connects by itself. */
export function openShardQueue(
  config: Config & { readonly natsUrl: string },
  tools: CompanionTools,
): ShardQueue {
  return createWorkQueue({
    ...{ servers: [config.natsUrl], name: 'ubt-shards', ...natsSecurity(config), ...tools },
    item: { type: 'dev.ubt.detector.shard.v1', message: ScoringShard },
    result: { type: 'dev.ubt.detector.shard.result.v1', message: ScoringShardResult },
  });
}

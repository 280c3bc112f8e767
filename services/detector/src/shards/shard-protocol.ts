import type { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import type { SerializedError } from '@ubt/errors';

/** From the detector to the process that measures shards. */
export type ToShardWorker =
  | { readonly type: 'measure'; readonly id: number; readonly shard: ScoringShard }
  | { readonly type: 'cancel'; readonly id: number; readonly reason: SerializedError };

/** From that process back. */
export type FromShardWorker =
  | { readonly id: number; readonly result: ScoringShardResult }
  | { readonly id: number; readonly error: SerializedError };

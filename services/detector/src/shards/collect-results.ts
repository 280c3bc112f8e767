import { setTimeout as sleep } from 'node:timers/promises';
import type { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { fromJobError, type Logger } from '@ubt/service-kit';
import type { ShardQueue } from './shard-queue.js';

/** What a coordinator works with. */
export interface CollectOptions {
  readonly queue: ShardQueue;
  /** Group of the job's shards. */
  readonly group: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Time between two looks at the results, in ms. */
  readonly lookMs?: number;
  /** Time between two looks at whether what is missing is still in the queue, in ms. */
  readonly missingMs?: number;
}

const LOOK_MS = 250;
const MISSING_MS = 30_000;
const PAUSE_MS = 1_000;

/** Has shards worked on, and gathers how they ended. */
export interface ResultCollector {
  /**
   * Puts those shards into the queue that have no result yet, from an earlier attempt of the job, and waits for all.
   * While the broker is away it waits for that.
   *
   * @param shards by id
   * @param onResult told of every result, once, one after the other
   * @throws UbtError of a shard that failed for good
   */
  collect(
    shards: ReadonlyMap<string, ScoringShard>,
    onResult: (id: string, result: ScoringShardResult) => Promise<void>,
  ): Promise<void>;
}

/** A collector for all passes of one job. */
export function createResultCollector({
  queue,
  group,
  signal,
  logger,
  lookMs = LOOK_MS,
  missingMs = MISSING_MS,
}: CollectOptions): ResultCollector {
  /** Everything read so far: after a restart, results of later passes come before those of this one. */
  const known = new Map<string, ScoringShardResult>();
  let next = 0;

  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        if (UbtError.from(error).code !== 'BUS_UNAVAILABLE') throw error;
        logger.warn({ err: error }, 'cannot reach the queue of shards, trying again');
        await pause(PAUSE_MS);
      }
    }
  };
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  const look = async (): Promise<void> => {
    for (;;) {
      const page = await patiently(() => queue.results(group, next));
      next = page.next;
      for (const { id, result } of page.results) known.set(id, result);
      if (page.results.length === 0) return;
    }
  };

  return {
    async collect(shards, onResult) {
      const missing = new Set(shards.keys());
      const take = async () => {
        await look();
        for (const id of [...missing]) {
          const result = known.get(id);
          if (result === undefined) continue;
          if (result.error !== undefined) throw fromJobError(result.error);
          missing.delete(id);
          await onResult(id, result);
        }
      };
      const put = async (ids: Iterable<string>, round: number) => {
        for (const id of ids) await patiently(() => queue.put({ group, id }, shards.get(id)!, round));
      };
      await take();
      const waiting = await patiently(() => queue.open(group));
      const unknown = [...missing].filter((id) => !waiting.has(id));
      await put(unknown, 0);
      let looked = performance.now();
      for (let round = 1; missing.size > 0;) {
        signal.throwIfAborted();
        await pause(lookMs);
        await take();
        if (missing.size === 0 || performance.now() - looked < missingMs) continue;
        looked = performance.now();
        const open = await patiently(() => queue.open(group));
        // What is neither in the queue nor done was lost with the broker's disk.
        await take();
        const lost = [...missing].filter((id) => !open.has(id));
        if (lost.length > 0) logger.warn({ shards: lost.length }, 'shards are not in the queue any more');
        await put(lost, round++);
      }
    },
  };
}

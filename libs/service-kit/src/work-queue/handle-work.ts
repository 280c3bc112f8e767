import { parseShardSubject } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { DeliveryContext } from '../bus/event-bus.js';
import type { Delivery } from '../bus/process-delivery.js';
import { decodeWork, type WorkType } from './work-envelope.js';
import type { WorkKey, WorkOptions } from './work-queue.js';

/** Stores a result; resolves when the broker has it. */
export type StoreResult<Result> = (key: WorkKey, result: Result) => Promise<void>;

/** What working on an item takes. */
export interface WorkTools<Item, Result> {
  readonly item: WorkType<Item>;
  readonly work: Pick<WorkOptions<Item, Result>, 'handler'>;
  readonly storeResult: StoreResult<Result>;
  /** Whether the item is still in the queue. */
  isWanted(): Promise<boolean>;
}

/** How often a worker looks whether its item is still wanted. */
const LOOK_MS = 2_000;

/**
 * Works on one delivery: decodes it, has it handled and stores the result, in that order, so that an item that is
 * acknowledged has one. An item that was taken out of the queue meanwhile is dropped without a result.
 */
export function handleWork<Item, Result>({ item, work, storeResult, isWanted }: WorkTools<Item, Result>) {
  return async (delivery: Delivery, { attempt, signal, logger }: DeliveryContext): Promise<void> => {
    const key = keyOf(delivery.subject);
    const data = decodeWork(item, delivery.payload);
    const dropped = new AbortController();
    const look = () => isWanted().then((wanted) => void (wanted || dropped.abort(itemDropped(key))));
    // While the broker cannot be asked, the item counts as wanted.
    const watch = setInterval(() => void look().catch(() => undefined), LOOK_MS).unref();
    try {
      const either = AbortSignal.any([signal, dropped.signal]);
      const result = await work.handler({ ...key, item: data, attempt, signal: either, logger });
      if (!dropped.signal.aborted) await storeResult(key, result);
    } catch (error) {
      if (!dropped.signal.aborted) throw error;
    } finally {
      clearInterval(watch);
    }
    if (dropped.signal.aborted) logger.info(key, 'nobody wants this item any more');
  };
}

function keyOf(subject: string): WorkKey {
  const parts = parseShardSubject(subject);
  if (parts !== undefined) return { group: parts.job, id: parts.shard };
  throw new UbtError('invalid-argument', `${subject} is not a subject of shards.`, { code: 'WORK_INVALID' });
}

function itemDropped({ group, id }: WorkKey): UbtError {
  return new UbtError('cancelled', `${group}/${id} was taken out of the queue.`, { code: 'ITEM_DROPPED' });
}

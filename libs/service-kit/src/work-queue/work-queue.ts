import type { UbtError } from '@ubt/errors';
import type { Subscription } from '../bus/event-bus.js';
import type { Logger } from '../telemetry/logger.js';

/** Names an item: a group, such as the job it belongs to, and an id within it. */
export interface WorkKey {
  /** 1 to 64 characters of [a-z0-9-]. */
  readonly group: string;
  /** 1 to 128 characters of [a-z0-9-]. */
  readonly id: string;
}

/** An item as a worker gets it. */
export interface WorkDelivery<Item> extends WorkKey {
  readonly item: Item;
  /** How often it has been delivered, this time included. */
  readonly attempt: number;
  /** Aborted when the queue closes, and then the item is delivered again; or when nobody wants it any more. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** How items are worked on. */
export interface WorkOptions<Item, Result> {
  /** Items worked on at once; 1 unless told. */
  readonly concurrency?: number;
  /** Silence after which the broker gives an item to somebody else, in ms. */
  readonly ackWaitMs: number;
  /** Deliveries until an item is given up; 5 unless told. */
  readonly maxDeliver?: number;
  /** Pause before each redelivery, in ms, the last one repeated; 1 s, 5 s, 30 s unless told. */
  readonly backoffMs?: readonly number[];
  /**
   * Works on an item. The result is stored before the item goes. Items can come twice, so it must be idempotent; what
   * it throws is treated as an event bus treats it.
   */
  readonly handler: (delivery: WorkDelivery<Item>) => Promise<Result>;
  /** The result of an item that was given up for this error. */
  readonly givenUp: (key: WorkKey, error: UbtError) => Result;
}

/** What there is to do. */
export interface WorkLoad {
  /** Items that nobody works on. */
  readonly waiting: number;
  /** Items that somebody, here or elsewhere, works on. */
  readonly inWork: number;
  /** Age of the oldest item that is not done, in seconds; 0 without one. */
  readonly oldestSeconds: number;
}

/** A result and whose it is. */
export interface WorkResult<Result> extends WorkKey {
  readonly result: Result;
}

/**
 * Items of work that any number of processes share. The queue holds the state: an item is in it until its result is
 * stored, whatever happens to whoever works on it.
 */
export interface WorkQueue<Item, Result> {
  /**
   * Stores an item; resolves when the broker has it.
   *
   * @param round items that are put again later need another one: the same item and round are stored once
   * @throws UbtError BUS_UNAVAILABLE
   */
  put(key: WorkKey, item: Item, round?: number): Promise<void>;
  /** Ids of a group's items that are not done. @throws UbtError BUS_UNAVAILABLE */
  open(group: string): Promise<ReadonlySet<string>>;
  /**
   * Results of a group, oldest first, up to `limit` of them.
   *
   * @param from `next` of the call before; 0 for all there are
   * @throws UbtError BUS_UNAVAILABLE, WORK_INVALID
   */
  results(
    group: string,
    from: number,
    limit?: number,
  ): Promise<{ readonly results: readonly WorkResult<Result>[]; readonly next: number }>;
  /** Starts to take items, now or as soon as the broker is there. */
  work(options: WorkOptions<Item, Result>): Subscription;
  /** Takes a group's items and results out; whoever works on one of them is told to stop. */
  forget(group: string): Promise<void>;
  /** @throws UbtError BUS_UNAVAILABLE */
  load(): Promise<WorkLoad>;
  /** Gives unfinished items back and leaves. */
  close(graceMs?: number): Promise<void>;
}

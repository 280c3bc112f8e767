import type { JsMsg } from '@nats-io/jetstream';
import { parseShardSubject, shardSubject } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { DeadLetter, Subscription } from '../bus/event-bus.js';
import { workInFlight } from '../bus/in-flight.js';
import { openNatsLink, unavailable, type Link, type NatsOptions } from '../bus/jetstream-connection.js';
import { deliveryOf } from '../bus/jetstream-delivery.js';
import { publishMessage } from '../bus/jetstream-publish.js';
import { runSlot } from '../bus/jetstream-slots.js';
import { ensureStreams, orUndefined, type StreamOptions } from '../bus/jetstream-streams.js';
import { processDelivery, publishInSpan } from '../bus/process-delivery.js';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { handleWork, type StoreResult } from './handle-work.js';
import { decodeWork, encodeWork, type WorkType } from './work-envelope.js';
import type { WorkKey, WorkOptions, WorkQueue, WorkResult } from './work-queue.js';
import {
  ensureShardConsumer,
  ensureShardStreams,
  SHARD_CONSUMER,
  SHARD_RESULT_STREAM,
  SHARD_STREAM,
} from './work-streams.js';

/** What a queue works with. */
export interface WorkQueueOptions<Item, Result> extends NatsOptions, StreamOptions {
  readonly item: WorkType<Item>;
  readonly result: WorkType<Result>;
  /** How long one request of the broker may take, in ms; 5 s unless told. */
  readonly requestTimeoutMs?: number;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}

const SYSTEM = 'nats';

/**
 * The queue over a JetStream stream with work-queue retention, and a second stream for the results. It returns at once
 * and connects, again and again, by itself; each worker pulls an item when it is free, none ahead.
 */
export function createWorkQueue<Item, Result>(
  options: WorkQueueOptions<Item, Result>,
): WorkQueue<Item, Result> {
  const { logger = silentLogger(), telemetry = silentTelemetry(), requestTimeoutMs = 5_000 } = options;
  const prepare = async ({ manager }: Link) => {
    await ensureStreams(manager, options);
    await ensureShardStreams(manager, options);
  };
  const connection = openNatsLink(options, prepare, logger);
  const publisher = { connection, options, timeoutMs: requestTimeoutMs };
  const subscriptions = new Set<Subscription>();

  const ask = async <T>(question: (link: Link) => Promise<T>): Promise<T> => {
    const link = await connection.link(requestTimeoutMs);
    try {
      return await question(link);
    } catch (cause) {
      throw cause instanceof UbtError ? cause : unavailable(options, cause);
    }
  };
  const storeResult: StoreResult<Result> = async ({ group, id }, result) => {
    const payload = encodeWork(options.result, id, group, result);
    const subject = shardSubject('shard-results', group, id);
    await publishMessage(publisher, { subject, payload, id: `${group}:${id}:result` });
  };
  const put = async ({ group, id }: WorkKey, item: Item, round = 0): Promise<void> => {
    const subject = shardSubject('shards', group, id);
    const message = { subject, id: `${group}:${id}:${round}` };
    const payload = encodeWork(options.item, message.id, group, item);
    await publishInSpan(telemetry, SYSTEM, message, () => publishMessage(publisher, { ...message, payload }));
  };

  const work = (given: WorkOptions<Item, Result>): Subscription => {
    const closing = new AbortController();
    const inFlight = workInFlight();
    const storeDeadLetter = async (letter: DeadLetter) => {
      const { id, subject, error, durable } = letter;
      const parts = parseShardSubject(subject);
      if (parts !== undefined) {
        const key = { group: parts.job, id: parts.shard };
        await storeResult(key, given.givenUp(key, UbtError.fromJSON(error)));
      }
      const dead = { subject: `ubt.dlq.v1.${durable}`, payload: JSON.stringify(letter) };
      await publishMessage(publisher, { ...dead, id: `${durable}:${id}` });
    };
    const tools = { telemetry, logger, system: SYSTEM, closing: closing.signal, storeDeadLetter };
    const settings = {
      ...{ durable: SHARD_CONSUMER, ackWaitMs: given.ackWaitMs, maxDeliver: given.maxDeliver ?? 5 },
      backoffMs: given.backoffMs ?? [1_000, 5_000, 30_000],
    };
    const take = (message: JsMsg) => {
      const isWanted = () =>
        ask(({ manager }) =>
          orUndefined(manager.streams.getMessage(SHARD_STREAM, { seq: message.seq })),
        ).then((found) => (found ?? null) !== null);
      const handle = handleWork({ item: options.item, work: given, storeResult, isWanted });
      return inFlight.track(processDelivery(deliveryOf(message), { ...settings, handle }, tools));
    };
    for (let slot = 0; slot < (given.concurrency ?? 1); slot++) {
      const consume = ({ manager }: Link) => ensureShardConsumer(manager, given.ackWaitMs);
      const pulled = { stream: SHARD_STREAM, consumer: SHARD_CONSUMER };
      const prepareSlot = async (link: Link) => {
        await prepare(link);
        await consume(link);
      };
      void runSlot(
        { connection, ...pulled, prepare: prepareSlot, logger },
        take,
        () => undefined,
        closing.signal,
      );
    }
    const subscription = {
      close: async (graceMs = 5_000) => {
        subscriptions.delete(subscription);
        closing.abort(new UbtError('unavailable', 'The work queue closes.', { code: 'BUS_UNAVAILABLE' }));
        await inFlight.settled(graceMs);
      },
    };
    subscriptions.add(subscription);
    return subscription;
  };

  return {
    put,
    work,
    open: (group) =>
      ask(async ({ manager }) => {
        const { state } = await manager.streams.info(SHARD_STREAM, {
          subjects_filter: shardSubject('shards', group, '*'),
        });
        const shards = Object.keys(state.subjects ?? {}).map((subject) => parseShardSubject(subject)?.shard);
        return new Set(shards.filter((shard) => shard !== undefined));
      }),
    results: (group, from, limit = 256) =>
      ask(async (link) => readResults(link, options.result, { group, from, limit })),
    forget: (group) =>
      ask(async ({ manager }) => {
        await manager.streams.purge(SHARD_STREAM, { filter: shardSubject('shards', group, '*') });
        await manager.streams.purge(SHARD_RESULT_STREAM, {
          filter: shardSubject('shard-results', group, '*'),
        });
      }),
    load: () =>
      ask(async ({ manager }) => {
        const consumer = await orUndefined(manager.consumers.info(SHARD_STREAM, SHARD_CONSUMER));
        const { state } = await manager.streams.info(SHARD_STREAM);
        const oldest = state.messages === 0 ? Date.now() : Date.parse(state.first_ts);
        return {
          waiting: consumer?.num_pending ?? state.messages,
          inWork: consumer?.num_ack_pending ?? 0,
          oldestSeconds: Math.max(0, (Date.now() - oldest) / 1_000),
        };
      }),
    close: async (graceMs = 5_000) => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close(graceMs)));
      await connection.close();
    },
  };
}

/** Walks the stream by number: no consumer is left behind, and a broker that restarts is nothing special. */
async function readResults<Result>(
  { manager }: Link,
  type: WorkType<Result>,
  { group, from, limit }: { readonly group: string; readonly from: number; readonly limit: number },
): Promise<{ results: WorkResult<Result>[]; next: number }> {
  const results: WorkResult<Result>[] = [];
  let next = from;
  while (results.length < limit) {
    const filter = shardSubject('shard-results', group, '*');
    const at = { seq: Math.max(next, 1), next_by_subj: filter };
    const found = await manager.direct.getMessage(SHARD_RESULT_STREAM, at);
    if (found === null) break;
    const id = parseShardSubject(found.subject)?.shard;
    if (id !== undefined) results.push({ group, id, result: decodeWork(type, found.string()) });
    next = found.seq + 1;
  }
  return { results, next };
}

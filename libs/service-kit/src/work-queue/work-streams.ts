import { RetentionPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { shardSubject } from '@ubt/contracts';
import { ensureConsumer, ensureStream, orUndefined, type StreamOptions } from '../bus/jetstream-streams.js';

/** Name of the stream of shards, which lose their message when they are done, and of the one of their results. */
export const SHARD_STREAM = 'UBT_SHARDS';
export const SHARD_RESULT_STREAM = 'UBT_SHARD_RESULTS';
/** The durable consumer that all replicas share. */
export const SHARD_CONSUMER = 'detector-shards';

const WEEK_MS = 7 * 24 * 3_600_000;
const ACK_WAIT_MS = 30_000;

/** Creates the two streams unless they exist. @throws UbtError STREAM_MISCONFIGURED */
export async function ensureShardStreams(manager: JetStreamManager, options: StreamOptions): Promise<void> {
  const { replicas = 1, maxAgeMs = WEEK_MS, dedupWindowMs = 120_000 } = options;
  const common = {
    num_replicas: replicas,
    duplicate_window: nanos(Math.min(dedupWindowMs, maxAgeMs)),
    max_age: nanos(maxAgeMs),
  };
  const shards = [shardSubject('shards', '*', '*')];
  const results = [shardSubject('shard-results', '*', '*')];
  await ensureStream(manager, { ...common, name: SHARD_STREAM, subjects: shards }, RetentionPolicy.Workqueue);
  // Coordinators walk it by number, which only direct reading can by subject.
  await ensureStream(manager, {
    ...{ ...common, name: SHARD_RESULT_STREAM, subjects: results },
    allow_direct: true,
  });
}

/**
 * Creates the consumer unless it exists.
 *
 * @param ackWaitMs unless told, that of the consumer that is there, 30 s for a new one
 * @throws UbtError CONSUMER_MISCONFIGURED
 */
export async function ensureShardConsumer(manager: JetStreamManager, ackWaitMs?: number): Promise<void> {
  const found = await orUndefined(manager.consumers.info(SHARD_STREAM, SHARD_CONSUMER));
  const wait = ackWaitMs ?? (found === undefined ? ACK_WAIT_MS : found.config.ack_wait! / 1e6);
  const consumer = { name: SHARD_CONSUMER, subject: shardSubject('shards', '*', '*') };
  await ensureConsumer(manager, SHARD_STREAM, consumer, wait);
}

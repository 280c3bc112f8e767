import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { UbtError } from '@ubt/errors';
import type { SubscriptionSettings } from './subscription-settings.js';

/** Name of the stream of events, and of the one of dead letters. */
export const STREAM = 'UBT';
export const DEAD_LETTER_STREAM = 'UBT_DLQ';

/** Bounds of the streams. */
export interface StreamOptions {
  /** Copies in a NATS cluster; 1 unless told. */
  readonly replicas?: number;
  /** How long events are kept, in ms; 7 days unless told. Dead letters are kept four times as long. */
  readonly maxAgeMs?: number;
  /** Time in which the same id counts as the same event, in ms; 2 minutes unless told. */
  readonly dedupWindowMs?: number;
}

/** JetStream's error codes for what is not there. */
const NOT_FOUND = 404;

/**
 * Creates the two streams unless they exist, and checks what the server made of them: servers ignore options
 * they do not know.
 *
 * @throws UbtError `failed-precondition`, code STREAM_MISCONFIGURED
 */
export async function ensureStreams(manager: JetStreamManager, options: StreamOptions): Promise<void> {
  const { replicas = 1, maxAgeMs = 7 * 24 * 3_600_000, dedupWindowMs = 120_000 } = options;
  const common = { num_replicas: replicas, duplicate_window: nanos(Math.min(dedupWindowMs, maxAgeMs)) };
  await ensureStream(manager, { ...common, name: STREAM, subjects: ['ubt.v1.>'], max_age: nanos(maxAgeMs) });
  await ensureStream(manager, {
    ...common,
    name: DEAD_LETTER_STREAM,
    subjects: ['ubt.dlq.v1.>'],
    max_age: nanos(4 * maxAgeMs),
  });
}

/** What is decided of a stream; the rest is the same for all. */
export type WantedStream = Pick<
  StreamConfig,
  'name' | 'subjects' | 'max_age' | 'num_replicas' | 'duplicate_window'
> &
  Partial<Pick<StreamConfig, 'allow_direct'>>;

/** Creates a stream unless it is there, and checks what it is. @throws UbtError STREAM_MISCONFIGURED */
export async function ensureStream(
  manager: JetStreamManager,
  wanted: WantedStream,
  retention: RetentionPolicy = RetentionPolicy.Limits,
): Promise<void> {
  const found = await orUndefined(manager.streams.info(wanted.name));
  const { config } =
    found ??
    (await manager.streams.add({
      ...wanted,
      retention,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
    }));
  const missing = wanted.subjects.filter((subject) => !config.subjects.includes(subject));
  if (missing.length > 0)
    throw misconfigured(wanted.name, `does not take the subjects ${missing.join(', ')}`);
  if (config.retention !== retention) {
    throw misconfigured(wanted.name, `has retention ${config.retention}, not ${retention}`);
  }
  // An administrator may have chosen another window; none at all would let every repetition through.
  if (!(config.duplicate_window > 0)) throw misconfigured(wanted.name, 'has no deduplication window');
}

/**
 * The durable consumers of a subscription with the subject of each. There is one per subject, because servers
 * before 2.10 take one filter each.
 */
export function consumersOf({
  durable,
  subjects,
}: SubscriptionSettings): { name: string; subject: string }[] {
  if (subjects.length === 1) return [{ name: durable, subject: subjects[0]! }];
  const nameOf = (subject: string) => subject.replaceAll('*', 'any').replaceAll('.', '_');
  return subjects.map((subject) => ({ name: `${durable}--${nameOf(subject)}`, subject }));
}

/**
 * Creates or updates a durable consumer, and checks what the server made of it.
 *
 * @throws UbtError `failed-precondition`, code CONSUMER_MISCONFIGURED, when it exists with another subject
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  { name, subject }: { name: string; subject: string },
  ackWaitMs: number,
): Promise<void> {
  const ackWait = nanos(ackWaitMs);
  const wanted: Partial<ConsumerConfig> = {
    durable_name: name,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWait,
    deliver_policy: DeliverPolicy.All,
    // Giving up is our decision: the server would only stop delivering, without a dead letter.
    max_deliver: -1,
    max_ack_pending: 1_000,
  };
  let found = await orUndefined(manager.consumers.info(stream, name));
  if (found === undefined) found = await manager.consumers.add(stream, wanted);
  else if (found.config.filter_subject === subject && found.config.ack_wait !== ackWait) {
    found = await manager.consumers.update(stream, name, { ack_wait: ackWait });
  }
  const { filter_subject, ack_policy, ack_wait } = found.config;
  if (filter_subject !== subject || ack_policy !== AckPolicy.Explicit || ack_wait !== ackWait) {
    const has = JSON.stringify({ filter_subject, ack_policy, ack_wait });
    throw new UbtError('failed-precondition', `The JetStream consumer ${name} has ${has}.`, {
      code: 'CONSUMER_MISCONFIGURED',
      fix: `Use another durable name, or remove it: nats consumer rm ${stream} ${name}`,
    });
  }
}

/** The answer to a question for something, or undefined when that is not there. */
export async function orUndefined<T>(lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.apiError().code === NOT_FOUND) return undefined;
    throw error;
  }
}

function misconfigured(stream: string, reason: string): UbtError {
  return new UbtError('failed-precondition', `The JetStream stream ${stream} ${reason}.`, {
    code: 'STREAM_MISCONFIGURED',
    fix: `Correct it with the nats command line, or remove it so that it is made anew: nats stream rm ${stream}`,
  });
}

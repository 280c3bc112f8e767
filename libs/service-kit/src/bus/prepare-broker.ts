import {
  ensureShardConsumer,
  ensureShardStreams,
  SHARD_CONSUMER,
  SHARD_RESULT_STREAM,
  SHARD_STREAM,
} from '../work-queue/work-streams.js';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import type { SubscribeOptions } from './event-bus.js';
import { openNatsLink, type NatsOptions } from './jetstream-connection.js';
import {
  consumersOf,
  DEAD_LETTER_STREAM,
  ensureConsumer,
  ensureStreams,
  STREAM,
  type StreamOptions,
} from './jetstream-streams.js';
import { subscriptionSettings } from './subscription-settings.js';

/** What a broker is to be prepared for. */
export interface PrepareBrokerOptions extends NatsOptions, StreamOptions {
  readonly consumers: readonly Pick<SubscribeOptions, 'durable' | 'subjects'>[];
  /** How long NATS may take to be there, in ms. */
  readonly timeoutMs: number;
  readonly logger?: Logger;
}

/** What is there afterwards. */
export interface PreparedBroker {
  readonly server: string;
  readonly streams: readonly string[];
  readonly consumers: readonly string[];
}

/**
 * Creates the streams and durable consumers of events and of shards unless they are there, as the services themselves
 * do when they start. What scales services by the lag of a consumer needs it before the first service has run.
 *
 * @throws UbtError BUS_UNAVAILABLE, or STREAM_MISCONFIGURED or CONSUMER_MISCONFIGURED when something else is
 *   there by that name
 */
export async function prepareBroker(options: PrepareBrokerOptions): Promise<PreparedBroker> {
  const { logger = silentLogger(), timeoutMs } = options;
  const connection = openNatsLink(options, () => Promise.resolve(), logger);
  try {
    const { nats, manager } = await connection.link(timeoutMs);
    await ensureStreams(manager, options);
    await ensureShardStreams(manager, options);
    await ensureShardConsumer(manager);
    const settings = options.consumers.map((consumer) =>
      subscriptionSettings({ ...consumer, handler: () => Promise.resolve() }),
    );
    const wanted = settings.flatMap((one) => consumersOf(one).map((consumer) => ({ consumer, one })));
    for (const { consumer, one } of wanted) await ensureConsumer(manager, STREAM, consumer, one.ackWaitMs);
    return {
      server: nats.getServer(),
      streams: [STREAM, DEAD_LETTER_STREAM, SHARD_STREAM, SHARD_RESULT_STREAM],
      consumers: [...wanted.map(({ consumer }) => consumer.name), SHARD_CONSUMER],
    };
  } finally {
    await connection.close();
  }
}

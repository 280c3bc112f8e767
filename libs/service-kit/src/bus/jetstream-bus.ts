import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { UbtError } from '@ubt/errors';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { encodeEvent } from './cloud-event.js';
import { consumerHealth } from './consumer-health.js';
import type { DeadLetter, EventBus, OutgoingEvent, SubscribeOptions, Subscription } from './event-bus.js';
import { workInFlight } from './in-flight.js';
import { openNatsLink, unavailable, type Link, type NatsOptions } from './jetstream-connection.js';
import { deliveryOf } from './jetstream-delivery.js';
import { publishMessage } from './jetstream-publish.js';
import { runSlot } from './jetstream-slots.js';
import {
  consumersOf,
  DEAD_LETTER_STREAM,
  ensureConsumer,
  ensureStreams,
  STREAM,
  type StreamOptions,
} from './jetstream-streams.js';
import { eventDeliveries, processDelivery, publishInSpan } from './process-delivery.js';
import { subscriptionSettings } from './subscription-settings.js';

/** What a JetStream bus works with. */
export interface JetStreamBusOptions extends NatsOptions, StreamOptions {
  /** How long `publish` waits for the broker, in ms; 5 s unless told. */
  readonly publishTimeoutMs?: number;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}

const SYSTEM = 'nats';

/**
 * The bus over NATS JetStream (server 2.9 or newer, 2.10 recommended). It returns at once: while NATS is
 * down, publishing fails with BUS_UNAVAILABLE after its timeout, and subscriptions wait and begin by
 * themselves. `ready`, `onConnection` and a subscription's `onState` tell how it stands.
 *
 * Each slot of a subscription pulls one event when it is free, never ahead: an event waits in the stream,
 * where another replica can take it, and not behind a long handler here.
 */
export function createJetStreamBus(options: JetStreamBusOptions): EventBus {
  const { logger = silentLogger(), telemetry = silentTelemetry(), publishTimeoutMs = 5_000 } = options;
  const connection = openNatsLink(options, ({ manager }) => ensureStreams(manager, options), logger);
  const subscriptions = new Set<Subscription>();

  const send = (subject: string, payload: string, id: string) =>
    publishMessage({ connection, options, timeoutMs: publishTimeoutMs }, { subject, payload, id });
  const publish = async (event: OutgoingEvent) => {
    const encoded = encodeEvent(event);
    const { subject, payload, id } = encoded;
    return publishInSpan(telemetry, SYSTEM, encoded, async () => {
      const { duplicate } = await send(subject, payload, id);
      return { duplicate };
    });
  };
  const storeDeadLetter = async (letter: DeadLetter) => {
    const { durable, id } = letter;
    await send(`ubt.dlq.v1.${durable}`, JSON.stringify(letter), `${durable}:${id}`);
  };

  const subscribe = (given: SubscribeOptions): Subscription => {
    const settings = subscriptionSettings(given);
    const closing = new AbortController();
    const inFlight = workInFlight();
    const health = consumerHealth(settings.onState);
    const tools = { telemetry, logger, system: SYSTEM, closing: closing.signal, storeDeadLetter };
    const deliveries = eventDeliveries(settings);
    const take = (message: JsMsg) => inFlight.track(processDelivery(deliveryOf(message), deliveries, tools));
    const stopFollowing = connection.onConnection(health.connection);
    for (const consumer of consumersOf(settings)) {
      for (let slot = 0; slot < settings.concurrency; slot++) {
        const prepare = async ({ manager }: Link) => {
          await ensureStreams(manager, options);
          await ensureConsumer(manager, STREAM, consumer, settings.ackWaitMs);
        };
        const pulled = { stream: STREAM, consumer: consumer.name, prepare };
        void runSlot({ connection, ...pulled, logger }, take, health.slot(), closing.signal);
      }
    }
    const close = async (graceMs = 5_000) => {
      subscriptions.delete(subscription);
      closing.abort(new UbtError('unavailable', 'The event bus closes.', { code: 'BUS_UNAVAILABLE' }));
      await inFlight.settled(graceMs);
      stopFollowing();
      health.connection(false);
    };
    const subscription = { close };
    subscriptions.add(subscription);
    return subscription;
  };

  return {
    publish,
    subscribe,
    ready: async (timeoutMs) => {
      const { nats } = await connection.link(timeoutMs);
      await within(timeoutMs, nats.flush(), options);
    },
    onConnection: connection.onConnection,
    deadLetters: async (limit = 100) => readDeadLetters(await connection.link(publishTimeoutMs), limit),
    close: async (graceMs = 5_000) => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close(graceMs)));
      await connection.close();
    },
  };
}

async function readDeadLetters({ manager }: Link, limit: number): Promise<DeadLetter[]> {
  const { state } = await manager.streams.info(DEAD_LETTER_STREAM);
  const letters: DeadLetter[] = [];
  for (let seq = state.last_seq; seq >= state.first_seq && seq > 0 && letters.length < limit; seq--) {
    // A number whose message was purged has none.
    const message = await manager.streams.getMessage(DEAD_LETTER_STREAM, { seq });
    if (message !== null) letters.push(message.json<DeadLetter>());
  }
  return letters;
}

async function within<T>(timeoutMs: number, work: Promise<T>, options: NatsOptions): Promise<T> {
  const stop = new AbortController();
  const limit = sleep(timeoutMs, undefined, { signal: stop.signal }).then(() => {
    throw unavailable(options, new Error('it does not answer'));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    limit.catch(() => undefined);
    stop.abort();
  }
}

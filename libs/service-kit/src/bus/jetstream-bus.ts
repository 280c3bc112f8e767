import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { UbtError } from '@ubt/errors';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { injectTrace } from '../telemetry/trace-context.js';
import { encodeEvent } from './cloud-event.js';
import { consumerHealth } from './consumer-health.js';
import type { DeadLetter, EventBus, OutgoingEvent, SubscribeOptions, Subscription } from './event-bus.js';
import { workInFlight } from './in-flight.js';
import {
  openNatsLink,
  unavailable,
  type Link,
  type NatsLink,
  type NatsOptions,
} from './jetstream-connection.js';
import { deliveryOf, traceHeaders } from './jetstream-delivery.js';
import {
  consumersOf,
  DEAD_LETTER_STREAM,
  ensureConsumer,
  ensureStreams,
  STREAM,
  type StreamOptions,
} from './jetstream-streams.js';
import { processDelivery, publishInSpan } from './process-delivery.js';
import { subscriptionSettings, type SubscriptionSettings } from './subscription-settings.js';

/** What a JetStream bus works with. */
export interface JetStreamBusOptions extends NatsOptions, StreamOptions {
  /** How long `publish` waits for the broker, in ms; 5 s unless told. */
  readonly publishTimeoutMs?: number;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}

const SYSTEM = 'nats';
/** How long one pull waits at the server; closing does not wait for it. */
const PULL_MS = 5_000;
const PAUSE_AFTER_FAILURE_MS = 500;

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

  const send = async (subject: string, payload: string, msgID: string) => {
    const { nats } = await connection.link(publishTimeoutMs);
    const limit = nats.info?.max_payload ?? Infinity;
    if (Buffer.byteLength(payload) > limit) throw tooLarge(Buffer.byteLength(payload), limit);
    try {
      const settings = { msgID, headers: traceHeaders(injectTrace()), timeout: publishTimeoutMs };
      return await jetstream(nats).publish(subject, payload, settings);
    } catch (cause) {
      throw unavailable(options, cause);
    }
  };
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
    const take = (message: JsMsg) => inFlight.track(processDelivery(deliveryOf(message), settings, tools));
    const stopFollowing = connection.onConnection(health.connection);
    for (const consumer of consumersOf(settings)) {
      for (let slot = 0; slot < settings.concurrency; slot++) {
        void runSlot(
          { connection, consumer, settings, options, logger },
          take,
          health.slot(),
          closing.signal,
        );
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

interface Slot {
  readonly connection: NatsLink;
  readonly consumer: { readonly name: string; readonly subject: string };
  readonly settings: SubscriptionSettings;
  readonly options: JetStreamBusOptions;
  readonly logger: Logger;
}

/** Takes one event after the other until closing; whatever goes wrong is tried again from the start. */
async function runSlot(
  { connection, consumer, settings, options, logger }: Slot,
  take: (message: JsMsg) => Promise<void>,
  report: (pulling: boolean) => void,
  closing: AbortSignal,
): Promise<void> {
  while (!closing.aborted) {
    try {
      const { nats, manager } = await connection.link(PULL_MS);
      await ensureStreams(manager, options);
      await ensureConsumer(manager, consumer, settings);
      const source = await jetstream(nats).consumers.get(STREAM, consumer.name);
      report(true);
      await pull(source, closing, take);
    } catch (err) {
      report(false);
      if (closing.aborted) return;
      logger.warn({ err, durable: settings.durable }, 'cannot consume events now, trying again');
      await sleep(PAUSE_AFTER_FAILURE_MS, undefined, { signal: closing }).catch(() => undefined);
    }
  }
}

async function pull(source: Consumer, closing: AbortSignal, take: (message: JsMsg) => Promise<void>) {
  while (!closing.aborted) {
    const message = await source.next({ expires: PULL_MS });
    if (message === null) continue;
    if (closing.aborted) deliveryOf(message).retry(0);
    else await take(message);
  }
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

function tooLarge(bytes: number, limit: number): UbtError {
  return new UbtError('invalid-argument', `The event has ${bytes} bytes; the broker takes ${limit}.`, {
    code: 'EVENT_TOO_LARGE',
    fix: 'Events carry references to artefacts, not their content.',
  });
}

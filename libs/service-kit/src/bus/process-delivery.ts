import { SpanKind, type Attributes } from '@opentelemetry/api';
import { ERROR_KINDS, UbtError } from '@ubt/errors';
import { parseEventSubject, parseShardSubject } from '@ubt/contracts';
import { withLogger, type Logger } from '../telemetry/logger.js';
import { runInSpan } from '../telemetry/run-in-span.js';
import type { Telemetry } from '../telemetry/start-telemetry.js';
import { extractTrace, linkedSpan, type TraceCarrier } from '../telemetry/trace-context.js';
import { decodeEvent, type EncodedEvent } from './cloud-event.js';
import type { DeadLetter, DeliveryContext } from './event-bus.js';
import { pauseAfter, type SubscriptionSettings } from './subscription-settings.js';

/** One delivery of an event by a broker, and the answers to it. */
export interface Delivery {
  /** The broker's deduplication id. */
  readonly id: string;
  readonly subject: string;
  readonly payload: string;
  readonly trace: TraceCarrier;
  /** From 1. */
  readonly attempt: number;
  ack(): Promise<void>;
  /** Asks for another delivery after a pause. */
  retry(pauseMs: number): void;
  /** Takes the event out; its dead letter is safe already. */
  giveUp(): void;
  working(): void;
}

/** What is done with deliveries, and how patiently; the defaults are those of {@link SubscriptionSettings}. */
export interface DeliverySettings extends Pick<
  SubscriptionSettings,
  'durable' | 'maxDeliver' | 'ackWaitMs' | 'backoffMs'
> {
  /** Decodes and works on one; how it ends decides the answer, as for a handler of events. */
  handle(delivery: Delivery, context: DeliveryContext): Promise<void>;
}

/** Deliveries of a subscription's events. */
export const eventDeliveries = (settings: SubscriptionSettings): DeliverySettings => ({
  ...settings,
  handle: ({ subject, payload }, context) => settings.handler(decodeEvent(subject, payload), context),
});

/** What working on deliveries takes, the same for every broker. */
export interface ProcessingTools {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** `messaging.system` of spans. */
  readonly system: string;
  /** Aborted when the subscription or the bus closes. */
  readonly closing: AbortSignal;
  /** Stores a dead letter; resolves when the broker has it. */
  storeDeadLetter(letter: DeadLetter): Promise<void>;
}

/**
 * Works on one delivery and answers it: the semantics that all brokers share. Never rejects.
 *
 * An event whose handlers died more often than allowed is dead-lettered before another one can die of it.
 */
export async function processDelivery(
  delivery: Delivery,
  settings: DeliverySettings,
  tools: ProcessingTools,
): Promise<void> {
  const { logger, telemetry, closing } = tools;
  const started = performance.now();
  const finish = (outcome: string) =>
    telemetry.metrics.eventProcessed(settings.durable, outcome, (performance.now() - started) / 1_000);
  try {
    if (delivery.attempt > settings.maxDeliver) throw deliveriesExhausted(delivery, settings);
    await handle(delivery, settings, tools);
    await delivery.ack();
    finish('ack');
  } catch (thrown) {
    const error = UbtError.from(thrown);
    const { durable } = settings;
    const fields = { err: error, event: delivery.id, durable, attempt: delivery.attempt };
    if (closing.aborted) {
      delivery.retry(0);
      return finish('retry');
    }
    const last = delivery.attempt >= settings.maxDeliver;
    if (!last && ERROR_KINDS[error.kind].broker === 'retry') {
      const pauseMs = error.retryAfterMs ?? pauseAfter(delivery.attempt, settings);
      logger.warn({ ...fields, retry_in_ms: pauseMs }, 'event failed, will be delivered again');
      delivery.retry(pauseMs);
      return finish('retry');
    }
    logger.error(fields, 'event failed for good, goes to the dead letters');
    finish(await deadLetter(delivery, error, settings, tools));
  }
}

async function handle(
  delivery: Delivery,
  settings: DeliverySettings,
  { telemetry, logger, system, closing }: ProcessingTools,
): Promise<void> {
  const link = delivery.attempt > 1 ? linkedSpan(delivery.trace) : undefined;
  const span = {
    name: `process ${destinationName(delivery.subject)}`,
    kind: SpanKind.CONSUMER,
    parent: withLogger(extractTrace(delivery.trace), logger),
    links: link === undefined ? [] : [{ context: link, attributes: { 'ubt.redelivery': delivery.attempt } }],
    attributes: {
      ...messagingAttributes(system, 'process', delivery.subject, delivery.id),
      'messaging.consumer.group.name': settings.durable,
      'ubt.delivery.attempt': delivery.attempt,
    },
  };
  const heartbeat = setInterval(() => delivery.working(), settings.ackWaitMs / 3).unref();
  try {
    await runInSpan(telemetry.tracer, span, () =>
      settings.handle(delivery, {
        attempt: delivery.attempt,
        signal: closing,
        working: () => delivery.working(),
        logger,
      }),
    );
  } finally {
    clearInterval(heartbeat);
  }
}

async function deadLetter(
  delivery: Delivery,
  error: UbtError,
  settings: DeliverySettings,
  { storeDeadLetter, logger }: ProcessingTools,
): Promise<string> {
  const { id, subject, payload, attempt } = delivery;
  const { durable } = settings;
  const time = new Date().toISOString();
  try {
    await storeDeadLetter({ id, subject, payload, durable, attempts: attempt, error: error.toJSON(), time });
    delivery.giveUp();
    return 'dead-letter';
  } catch (err) {
    // Not safe yet, so the event stays; the next delivery tries again.
    logger.warn({ err, event: id, durable }, 'cannot store a dead letter yet');
    delivery.retry(pauseAfter(attempt, settings));
    return 'retry';
  }
}

/** A subject with the run left out, for names that must have few values. */
export function destinationName(subject: string): string {
  const parts = parseEventSubject(subject);
  if (parts !== undefined) return `ubt.v1.{run}.${parts.stage}.${parts.kind}`;
  const kind = parseShardSubject(subject)?.kind;
  return kind === undefined ? 'ubt' : `ubt.${kind}.v1.{job}.{shard}`;
}

/** Span attributes by OpenTelemetry's messaging conventions. */
export function messagingAttributes(
  system: string,
  operation: 'send' | 'process',
  subject: string,
  id: string,
): Attributes {
  return {
    'messaging.system': system,
    'messaging.operation.type': operation,
    'messaging.destination.name': destinationName(subject),
    'messaging.message.id': id,
  };
}

/** Publishes inside a producer span, whose trace context `send` passes on. */
export async function publishInSpan<T>(
  telemetry: Telemetry,
  system: string,
  { subject, id }: Pick<EncodedEvent, 'subject' | 'id'>,
  send: () => Promise<T>,
): Promise<T> {
  const attributes = messagingAttributes(system, 'send', subject, id);
  const span = { name: `send ${destinationName(subject)}`, kind: SpanKind.PRODUCER, attributes };
  return runInSpan(telemetry.tracer, span, send);
}

function deliveriesExhausted({ attempt }: Delivery, { durable, maxDeliver }: DeliverySettings): UbtError {
  const died = `delivery ${attempt} of at most ${maxDeliver}`;
  const message = `${durable} never answered this event: this is ${died}, its workers died of it or hung.`;
  return new UbtError('aborted', message, {
    code: 'DELIVERIES_EXHAUSTED',
    fix: 'Look for crashes of the service at the times of the earlier deliveries.',
  });
}

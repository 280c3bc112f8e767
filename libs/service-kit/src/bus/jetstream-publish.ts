import { jetstream } from '@nats-io/jetstream';
import { UbtError } from '@ubt/errors';
import { injectTrace } from '../telemetry/trace-context.js';
import type { EncodedEvent } from './cloud-event.js';
import { unavailable, type NatsLink, type NatsOptions } from './jetstream-connection.js';
import { traceHeaders } from './jetstream-delivery.js';

/** Over what messages are published, and how patiently. */
export interface Publisher {
  readonly connection: NatsLink;
  readonly options: NatsOptions;
  readonly timeoutMs: number;
}

/**
 * Stores a message in the stream of its subject, with the trace at hand in its headers; the id deduplicates.
 *
 * @throws UbtError BUS_UNAVAILABLE, EVENT_TOO_LARGE
 */
export async function publishMessage(
  { connection, options, timeoutMs }: Publisher,
  { subject, payload, id }: EncodedEvent,
): Promise<{ readonly duplicate: boolean }> {
  const { nats } = await connection.link(timeoutMs);
  const limit = nats.info?.max_payload ?? Infinity;
  if (Buffer.byteLength(payload) > limit) throw tooLarge(Buffer.byteLength(payload), limit);
  try {
    const settings = { msgID: id, headers: traceHeaders(injectTrace()), timeout: timeoutMs };
    return await jetstream(nats).publish(subject, payload, settings);
  } catch (cause) {
    throw unavailable(options, cause);
  }
}

function tooLarge(bytes: number, limit: number): UbtError {
  return new UbtError('invalid-argument', `The event has ${bytes} bytes; the broker takes ${limit}.`, {
    code: 'EVENT_TOO_LARGE',
    fix: 'Events carry references to artefacts, not their content.',
  });
}

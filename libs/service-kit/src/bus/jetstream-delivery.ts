import type { JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { TraceCarrier } from '../telemetry/trace-context.js';
import type { Delivery } from './process-delivery.js';

/** A JetStream message as a delivery. Answers on a connection that is gone are lost, and cost a redelivery. */
export function deliveryOf(message: JsMsg): Delivery {
  return {
    id: message.headers?.get('Nats-Msg-Id') || String(message.seq),
    subject: message.subject,
    payload: message.string(),
    trace: traceOf(message.headers),
    attempt: message.info.deliveryCount,
    ack: async () => {
      await message.ackAck().catch(() => false);
    },
    // JetStream's own backoff only covers silence, so the pause goes with the answer.
    retry: (pauseMs) => quietly(() => message.nak(Math.max(1, Math.round(pauseMs)))),
    // Without a reason: servers before 2.10 do not honour one, and deliver again.
    giveUp: () => quietly(() => message.term()),
    working: () => quietly(() => message.working()),
  };
}

/** Headers that carry a trace context. */
export function traceHeaders(trace: TraceCarrier): MsgHdrs {
  const carried = headers();
  for (const [key, value] of Object.entries(trace)) carried.set(key, value as string);
  return carried;
}

function traceOf(carried: MsgHdrs | undefined): TraceCarrier {
  const traceparent = carried?.get('traceparent') ?? '';
  const tracestate = carried?.get('tracestate') ?? '';
  return { ...(traceparent === '' ? {} : { traceparent }), ...(tracestate === '' ? {} : { tracestate }) };
}

function quietly(answer: () => void): void {
  try {
    answer();
  } catch {
    // The connection is closed; the ack wait will run out.
  }
}

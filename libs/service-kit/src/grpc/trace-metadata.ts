import type { Metadata } from '@grpc/grpc-js';
import type { TraceCarrier } from '../telemetry/trace-context.js';

/** The trace context in a call's metadata. */
export function carrierOf(metadata: Metadata): TraceCarrier {
  const [traceparent] = metadata.get('traceparent');
  const [tracestate] = metadata.get('tracestate');
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}

/** Writes a trace context into a call's metadata. */
export function setCarrier(metadata: Metadata, carrier: TraceCarrier): void {
  for (const [key, value] of Object.entries(carrier)) metadata.set(key, value as string);
}

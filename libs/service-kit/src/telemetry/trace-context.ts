import { context, ROOT_CONTEXT, trace, type Context, type SpanContext } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

/** W3C trace context as it travels: in gRPC metadata, NATS headers, IPC messages and job records. */
export interface TraceCarrier {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

const propagator = new W3CTraceContextPropagator();
const getter = {
  get: (carrier: TraceCarrier, key: string) => carrier[key as keyof TraceCarrier],
  keys: (carrier: TraceCarrier) => Object.keys(carrier),
};
const setter = {
  set: (carrier: Record<string, string>, key: string, value: string) => {
    carrier[key] = value;
  },
};

/** The trace context to hand on; empty outside a trace. */
export function injectTrace(from: Context = context.active()): TraceCarrier {
  const carrier: Record<string, string> = {};
  propagator.inject(from, carrier, setter);
  return carrier;
}

/** A context whose parent span is the one a carrier names; an absent or malformed one starts a new trace. */
export function extractTrace(carrier: TraceCarrier, into: Context = ROOT_CONTEXT): Context {
  return propagator.extract(into, carrier, getter);
}

/** The span context that a carrier names, for links. */
export function linkedSpan(carrier: TraceCarrier): SpanContext | undefined {
  return trace.getSpanContext(extractTrace(carrier));
}

/**
 * Makes `context.with` follow promises and callbacks. Spans are handed over explicitly everywhere, so this is
 * the only global piece of OpenTelemetry in use; it costs nothing while no span is active.
 */
export function enableContextPropagation(): void {
  context.setGlobalContextManager(contextManager);
}

const contextManager = new AsyncLocalStorageContextManager().enable();

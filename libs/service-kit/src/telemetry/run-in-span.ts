import {
  context,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { UbtError } from '@ubt/errors';
import { redactSecrets } from './redact-secrets.js';

/** A span to run something in. */
export interface SpanRun extends SpanOptions {
  readonly name: string;
  /** Parent; the active context unless told. */
  readonly parent?: Context;
}

/** Runs `work` inside a new span, which ends with it and carries its failure. */
export async function runInSpan<T>(
  tracer: Tracer,
  { name, parent = context.active(), ...options }: SpanRun,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (thrown) {
    recordFailure(span, thrown);
    throw thrown;
  } finally {
    span.end();
  }
}

/** Marks a span as failed, with the error's stable code as `error.type`. */
export function recordFailure(span: Span, thrown: unknown): void {
  const error = UbtError.from(thrown);
  const message = redactSecrets(error.message);
  span.recordException({ name: error.name, message, stack: redactSecrets(error.stack ?? '') });
  span.setAttribute('error.type', error.code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

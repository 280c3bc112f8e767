import type { EventEmitter } from 'node:events';
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import { context, trace, type Span } from '@opentelemetry/api';
import { ERROR_KINDS, UbtError } from '@ubt/errors';
import { recordFailure } from '../telemetry/run-in-span.js';
import { activeLogger, type Logger } from '../telemetry/logger.js';
import { toServiceError } from './service-error.js';

/** What a handler gets beside the request. */
export interface CallContext {
  /** Aborted when the caller hangs up or the deadline passes; its reason is the UbtError. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting; undefined when it set no deadline. */
  readonly deadline: Date | undefined;
  readonly metadata: Metadata;
  /** The call's span, for attributes; undefined when nothing traces. */
  readonly span: Span | undefined;
  readonly logger: Logger;
  /** Full name of the method: `ubt.detector.v1.Detector/Detect`. */
  readonly method: string;
  /** Address of the caller. */
  readonly peer: string;
}

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** A call being served: its context, and how its failure is answered. */
export interface OpenCall {
  readonly context: CallContext;
  /** Logs and records a failure, and gives what to answer. */
  fail(thrown: unknown): ReturnType<typeof toServiceError>;
  /** Ends the timers of the call. */
  close(): void;
}

/** Prepares the context of a call; `close` it when the call was answered. */
export function openCall(call: AnyCall): OpenCall {
  const controller = new AbortController();
  const abort = (reason: UbtError) => controller.abort(reason);
  const method = call.getPath().slice(1);
  const deadline = deadlineOf(call.getDeadline());
  const timer = deadline && setTimeout(() => abort(deadlinePassed(method)), timeLeft(deadline));
  const onCancelled = () => abort(cancelled(method));
  const events: EventEmitter = call;
  if (call.cancelled) onCancelled();
  else events.once('cancelled', onCancelled);

  const span = trace.getSpan(context.active());
  const logger = activeLogger();
  return {
    context: {
      signal: controller.signal,
      deadline,
      metadata: call.metadata,
      span,
      logger,
      method,
      peer: call.getPeer(),
    },
    fail: (thrown) => answerFailure(thrown, controller.signal, span, logger, method),
    close: () => {
      clearTimeout(timer);
      events.removeListener('cancelled', onCancelled);
    },
  };
}

function answerFailure(
  thrown: unknown,
  signal: AbortSignal,
  span: Span | undefined,
  logger: Logger,
  method: string,
) {
  // Whatever a handler throws after its caller left is a consequence of that.
  const error = UbtError.from(signal.aborted ? signal.reason : thrown);
  if (span !== undefined) recordFailure(span, error);
  if (error.kind === 'internal') logger.error({ err: error, method }, 'the handler failed unexpectedly');
  else logger.debug({ err: error, method, status: ERROR_KINDS[error.kind].grpc }, 'the call was refused');
  return toServiceError(error);
}

function deadlineOf(deadline: Date | number): Date | undefined {
  const time = Number(deadline);
  return Number.isFinite(time) ? new Date(time) : undefined;
}

/** Timers take 31 bits of milliseconds. */
function timeLeft(deadline: Date): number {
  return Math.min(Math.max(0, deadline.getTime() - Date.now()), 2 ** 31 - 1);
}

function deadlinePassed(method: string): UbtError {
  return new UbtError('deadline-exceeded', `The deadline of ${method} passed.`, {
    code: 'DEADLINE_EXCEEDED',
  });
}

function cancelled(method: string): UbtError {
  return new UbtError('cancelled', `The caller of ${method} hung up.`, { code: 'CALL_CANCELLED' });
}

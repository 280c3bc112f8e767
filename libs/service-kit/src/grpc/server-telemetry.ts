import { ServerInterceptingCall, status as Status, type ServerInterceptor } from '@grpc/grpc-js';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Logger } from '../telemetry/logger.js';
import { withLogger } from '../telemetry/logger.js';
import type { Telemetry } from '../telemetry/start-telemetry.js';
import { extractTrace } from '../telemetry/trace-context.js';
import { withCallFacts, type CallFacts } from './call-facts.js';
import { carrierOf } from './trace-metadata.js';
import { statusName } from './service-error.js';

/**
 * Gives every call a server span named after the full method, its duration histogram and one log line, and
 * runs the handler inside that span. Calls to gRPC's own services (health, reflection) pass untouched.
 */
export function serverTelemetry(telemetry: Telemetry, logger: Logger): ServerInterceptor {
  return (method, call) => {
    const name = method.path.slice(1);
    if (name.startsWith('grpc.')) return new ServerInterceptingCall(call);
    const started = performance.now();
    const facts: CallFacts = {};
    let active = withCallFacts(withLogger(ROOT_CONTEXT, logger), facts);
    let span: Span | undefined;
    const finish = once((code: Status, details: string) => {
      const seconds = (performance.now() - started) / 1_000;
      const labels = rpcLabels(name, code);
      telemetry.metrics.rpcServerCall(seconds, labels);
      span?.setAttributes(labels);
      if (SERVER_FAULTS.has(code)) span?.setStatus({ code: SpanStatusCode.ERROR, message: details });
      context.with(active, () => logCall(logger, facts, name, code, details, seconds));
      span?.end();
    });
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, forward) => {
            const parent = extractTrace(carrierOf(metadata), active);
            const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name };
            span = telemetry.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
            active = trace.setSpan(parent, span);
            context.with(active, () => forward(metadata));
          },
          onReceiveMessage: (message, forward) => context.with(active, () => forward(message)),
          onReceiveHalfClose: (forward) => context.with(active, forward),
          onCancel: () => finish(cancelCode(call.getDeadline()), 'the caller left before the answer'),
        }),
      sendStatus: (status, next) => {
        finish(status.code ?? Status.UNKNOWN, status.details ?? '');
        next(status);
      },
    });
  };
}

/** Attributes of a finished call, by OpenTelemetry's names. */
export function rpcLabels(method: string, code: Status) {
  return {
    'rpc.system.name': 'grpc' as const,
    'rpc.method': method,
    'rpc.response.status_code': statusName(code),
  };
}

/** The codes that count as the server's fault in OpenTelemetry's conventions. */
const SERVER_FAULTS: ReadonlySet<Status> = new Set([
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.UNIMPLEMENTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

function cancelCode(deadline: Date | number): Status {
  return Number(deadline) <= Date.now() ? Status.DEADLINE_EXCEEDED : Status.CANCELLED;
}

function logCall(
  logger: Logger,
  facts: CallFacts,
  method: string,
  code: Status,
  details: string,
  seconds: number,
): void {
  const fields = { ...facts, method, status: statusName(code), ms: Math.round(seconds * 1_000) };
  if (code === Status.OK) logger.info(fields, 'call answered');
  else logger[SERVER_FAULTS.has(code) ? 'error' : 'warn']({ ...fields, details }, 'call failed');
}

function once<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
  let done = false;
  return (...args) => {
    if (done) return;
    done = true;
    act(...args);
  };
}

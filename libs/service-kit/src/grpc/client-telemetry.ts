import { InterceptingCall, type Interceptor, type StatusObject } from '@grpc/grpc-js';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Telemetry } from '../telemetry/start-telemetry.js';
import { injectTrace } from '../telemetry/trace-context.js';
import { rpcLabels } from './server-telemetry.js';
import { setCarrier } from './trace-metadata.js';

/** Gives every call a client span named after the full method, and sends its trace context along. */
export function clientTelemetry(telemetry: Telemetry, address: string): Interceptor {
  return (options, nextCall) => {
    const name = options.method_definition.path.slice(1);
    const started = performance.now();
    const parent = context.active();
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name, 'server.address': address };
    const span = telemetry.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    const finish = (status: StatusObject) => {
      const labels = rpcLabels(name, status.code);
      telemetry.metrics.rpcClientCall((performance.now() - started) / 1_000, labels);
      span.setAttributes(labels);
      if (status.code !== 0) span.setStatus({ code: SpanStatusCode.ERROR, message: status.details });
      span.end();
    };
    return new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        setCarrier(metadata, injectTrace(trace.setSpan(parent, span)));
        next(metadata, {
          onReceiveStatus: (status, forward) => {
            finish(status);
            forward(status);
          },
        });
      },
    });
  };
}

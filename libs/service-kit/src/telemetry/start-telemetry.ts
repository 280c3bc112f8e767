import { hostname } from 'node:os';
import { createNoopMeter, ProxyTracerProvider, type Tracer } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { BasicTracerProvider, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { UbtError } from '@ubt/errors';
import { createServiceMetrics, type ServiceMetrics } from './service-metrics.js';
import { spanFromJson, type SpanJson } from './span-json.js';
import { enableContextPropagation } from './trace-context.js';

/** Where spans and metrics go. */
export interface TelemetryOptions {
  /** `service.name` of everything that is exported. */
  readonly serviceName: string;
  /** `none` starts no SDK; `otlp` sends spans and metrics; `file` appends spans to a file; or one's own. */
  readonly exporter: 'none' | 'otlp' | 'file' | SpanExporter;
  /** Base URL of an OTLP/HTTP collector, such as http://localhost:4318; needed for `otlp`. */
  readonly otlpEndpoint?: string;
  /** File for one JSON span per line; needed for `file`. */
  readonly spansFile?: string;
}

/** The telemetry of one service. Nothing is registered globally, so several can live in one process. */
export interface Telemetry {
  readonly serviceName: string;
  /** Whether spans go anywhere; without it, worker processes need not make any. */
  readonly recording: boolean;
  readonly tracer: Tracer;
  readonly metrics: ServiceMetrics;
  /** Hands on spans that another process finished. */
  exportSpans(spans: readonly SpanJson[]): void;
  /** Sends what is waiting, within 2 s. */
  flush(): Promise<void>;
  /** Sends what is waiting and stops, within 2 s. */
  shutdown(): Promise<void>;
}

const LONGEST_SHUTDOWN_MS = 2_000;

/** Telemetry that goes nowhere: incoming trace contexts are still handed on, nothing is recorded. */
export function silentTelemetry(serviceName = 'ubt'): Telemetry {
  enableContextPropagation();
  const done = () => Promise.resolve();
  return {
    serviceName,
    recording: false,
    tracer: new ProxyTracerProvider().getTracer(serviceName),
    metrics: createServiceMetrics(createNoopMeter()),
    exportSpans: () => undefined,
    flush: done,
    shutdown: done,
  };
}

/**
 * Starts the OpenTelemetry SDK if an exporter is configured, and only then loads it.
 *
 * @throws UbtError `invalid-argument`, code TELEMETRY_INCOMPLETE, when the exporter lacks its target
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (options.exporter === 'none') return silentTelemetry(options.serviceName);
  enableContextPropagation();
  const exporter = await spanExporter(options);
  const batched = typeof options.exporter === 'string';
  const { provider, processor } = await tracerProvider(options.serviceName, exporter, batched);
  const meters = options.exporter === 'otlp' ? await otlpMeters(options) : undefined;

  const both = (act: (part: BasicTracerProvider | MeterProvider) => Promise<void>) =>
    atMost(LONGEST_SHUTDOWN_MS, Promise.allSettled([act(provider), ...(meters ? [act(meters)] : [])]));
  return {
    serviceName: options.serviceName,
    recording: true,
    tracer: provider.getTracer('ubt'),
    metrics: createServiceMetrics(meters?.getMeter('ubt') ?? createNoopMeter()),
    exportSpans: (spans) => {
      for (const span of spans) processor.onEnd(spanFromJson(span));
    },
    flush: () => both((part) => part.forceFlush()),
    shutdown: () => both((part) => part.shutdown()),
  };
}

async function tracerProvider(serviceName: string, exporter: SpanExporter, batched: boolean) {
  const sdk = await import('@opentelemetry/sdk-trace-base');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const processor: SpanProcessor = batched
    ? new sdk.BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000, maxQueueSize: 16_384 })
    : new sdk.SimpleSpanProcessor(exporter);
  const resource = resourceFromAttributes(resourceOf(serviceName));
  const provider = new sdk.BasicTracerProvider({ resource, spanProcessors: [processor] });
  return { provider, processor };
}

async function spanExporter(options: TelemetryOptions): Promise<SpanExporter> {
  if (typeof options.exporter !== 'string') return options.exporter;
  if (options.exporter === 'file') {
    const { fileSpanExporter } = await import('./file-span-exporter.js');
    return fileSpanExporter(needed(options, 'spansFile'));
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({
    url: `${baseUrl(options)}/v1/traces`,
    timeoutMillis: LONGEST_SHUTDOWN_MS,
  });
}

async function otlpMeters(options: TelemetryOptions): Promise<MeterProvider> {
  const [sdk, { OTLPMetricExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPMetricExporter({
    url: `${baseUrl(options)}/v1/metrics`,
    timeoutMillis: LONGEST_SHUTDOWN_MS,
  });
  return new sdk.MeterProvider({
    resource: resourceFromAttributes(resourceOf(options.serviceName)),
    readers: [new sdk.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 15_000 })],
  });
}

/** Who exports: replicas of a service, and one after a restart, must not be taken for each other. */
function resourceOf(serviceName: string) {
  return {
    'service.name': serviceName,
    'service.namespace': 'ubt',
    'service.instance.id': `${hostname()}-${process.pid}`,
  };
}

function baseUrl(options: TelemetryOptions): string {
  return needed(options, 'otlpEndpoint').replace(/\/+$/, '');
}

function needed(options: TelemetryOptions, key: 'otlpEndpoint' | 'spansFile'): string {
  const value = options[key];
  if (value !== undefined && value !== '') return value;
  throw new UbtError('invalid-argument', `Telemetry exporter "${String(options.exporter)}" needs ${key}.`, {
    code: 'TELEMETRY_INCOMPLETE',
    fix: `Set ${key}, or choose the exporter "none".`,
  });
}

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** A metric as a service exports it. */
export interface ExportedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  /** Names of its points' attributes. */
  readonly attributes: ReadonlySet<string>;
}

/** A collector that keeps what metrics it gets. */
export interface MetricsReceiver extends AsyncDisposable {
  readonly url: string;
  readonly metrics: ReadonlyMap<string, ExportedMetric>;
}

/** Starts an OTLP/HTTP collector on loopback. */
export async function startMetricsReceiver(): Promise<MetricsReceiver> {
  const metrics = new Map<string, ExportedMetric>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (request.url === '/v1/metrics') for (const metric of decode(plain)) keep(metrics, metric);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    metrics,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keep(metrics: Map<string, ExportedMetric>, metric: ExportedMetric): void {
  const before = metrics.get(metric.name)?.attributes ?? [];
  metrics.set(metric.name, { ...metric, attributes: new Set([...before, ...metric.attributes]) });
}

type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

/** The length-delimited fields of a message, by number. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === 2) fields.set(number, [...(fields.get(number) ?? []), reader.bytes()]);
    else reader.skip(type);
  }
  return fields;
}

const inside = (parents: readonly Uint8Array[], field: number): Uint8Array[] =>
  parents.flatMap((parent) => fieldsOf(parent).get(field) ?? []);

/** Numbers of the fields are those of opentelemetry/proto/metrics/v1/metrics.proto. */
function decode(body: Uint8Array): ExportedMetric[] {
  const metrics = inside(inside(inside([body], 1), 2), 2);
  return metrics.map((metric) => {
    const fields = fieldsOf(metric);
    const text = (field: number) => new TextDecoder().decode(fields.get(field)?.[0]);
    const kind = fields.has(9) ? 'histogram' : fields.has(7) ? 'counter' : 'gauge';
    const points = inside(fields.get({ gauge: 5, counter: 7, histogram: 9 }[kind]) ?? [], 1);
    const attributes = inside(points, kind === 'histogram' ? 9 : 7);
    const names = inside(attributes, 1).map((bytes) => new TextDecoder().decode(bytes));
    return { name: text(1), unit: text(3), kind, attributes: new Set(names) };
  });
}

const UNITS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** The names under which the collector's Prometheus exporter shows a metric. */
export function prometheusNames({ name, unit, kind }: ExportedMetric): string[] {
  const suffix = UNITS[unit] ?? (unit === '1' && kind === 'gauge' ? '_ratio' : '');
  const base = `${prometheusLabel(name)}${suffix}`;
  if (kind === 'histogram') return ['_bucket', '_count', '_sum'].map((part) => base + part);
  return [kind === 'counter' ? `${base}_total` : base];
}

export const prometheusLabel = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');

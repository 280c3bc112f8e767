import { createServer, type RequestListener } from 'node:http';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from '@jest/globals';
import { temporaryDirectory, typescriptExecArgv, waitFor } from '@ubt/test-kit';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { startTelemetry, type SpanJson } from '../src/index.js';
import { spanToJson } from '../src/telemetry/span-json.js';
import { runPipeline } from './pipeline.js';

// Worker processes take their time to start on a busy machine.
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const CHAIN = [
  'ubt defend',
  'ubt.job.v1.Jobs/CancelJob', // client
  'ubt.job.v1.Jobs/CancelJob', // server
  'send ubt.v1.{run}.detector.completed',
  'process ubt.v1.{run}.detector.completed',
  'job selector',
  'worker selector',
  'domain step',
];

/** From a span up to its root, names only. */
function ancestry(spans: readonly SpanJson[], name: string): string[] {
  const names: string[] = [];
  let span = spans.find((candidate) => candidate.name === name);
  while (span !== undefined) {
    names.unshift(span.name);
    const parent = span.parentSpanId;
    span = spans.find(({ spanId }) => spanId === parent);
  }
  return names;
}

it('spans client, server, event, job and worker process in one trace', async () => {
  const exporter = new InMemorySpanExporter();
  const telemetry = await startTelemetry({ serviceName: 'test', exporter });
  await runPipeline(telemetry);
  const spans = await waitFor(() => {
    const found = exporter.getFinishedSpans().map(spanToJson);
    return found.some(({ name }) => name === 'process ubt.v1.{run}.detector.completed') && found;
  });
  expect(ancestry(spans, 'domain step')).toEqual(CHAIN);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  // The event that the end of the job makes hangs under the job.
  expect(ancestry(spans, 'send ubt.v1.{run}.selector.completed')).toEqual([
    ...CHAIN.slice(0, 6),
    'send ubt.v1.{run}.selector.completed',
  ]);
  const worker = spans.find(({ name }) => name === 'worker selector')!;
  expect(worker.attributes['process.pid']).not.toBe(process.pid);
  const server = spans.find(({ name, kind }) => name.endsWith('CancelJob') && kind === 1)!;
  expect(server.attributes).toMatchObject({
    'rpc.system.name': 'grpc',
    'rpc.method': 'ubt.job.v1.Jobs/CancelJob',
    'rpc.response.status_code': 'OK',
  });
});

it('writes the spans into a file, one JSON object a line', async () => {
  await using directory = await temporaryDirectory();
  const spansFile = join(directory.path, 'deep', 'spans.jsonl');
  const telemetry = await startTelemetry({ serviceName: 'test', exporter: 'file', spansFile });
  await runPipeline(telemetry);
  await telemetry.shutdown();
  const lines = (await readFile(spansFile, 'utf8')).trim().split('\n');
  const spans = lines.map((line) => JSON.parse(line) as SpanJson);
  expect(ancestry(spans, 'domain step')).toEqual(CHAIN);
  for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  }
});

/** Runs the pipeline in a process of its own against a collector; gives the milliseconds its shutdown took. */
async function runAgainst(collector: RequestListener): Promise<number> {
  const server = createServer(collector);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const sender = new URL('./otlp-sender.ts', import.meta.url);
  const child = fork(sender, [`http://127.0.0.1:${port}/`], { execArgv: typescriptExecArgv() });
  const [message] = (await once(child, 'message')) as [{ shutdownMs: number }];
  await once(child, 'exit');
  return message.shutdownMs;
}

it('sends spans and metrics to an OTLP collector', async () => {
  const received = new Map<string, string>();
  await runAgainst((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      received.set(request.url!, (received.get(request.url!) ?? '') + plain.toString('latin1'));
      response.writeHead(200).end();
    });
  });
  const spans = received.get('/v1/traces') ?? '';
  for (const name of CHAIN) expect(spans).toContain(name);
  expect(spans).toContain('ubt-test');
  const metrics = received.get('/v1/metrics') ?? '';
  for (const name of ['rpc.server.call.duration', 'ubt.jobs', 'ubt.job.queue.duration', 'ubt.job.duration']) {
    expect(metrics).toContain(name);
  }
  expect(metrics).not.toContain('run-1');
});

it('does not hang at the end when the collector does not answer', async () => {
  let asked = false;
  const shutdownMs = await runAgainst(() => (asked = true));
  expect(asked).toBe(true);
  expect(shutdownMs).toBeLessThan(2_500);
});

it('starts nothing without an exporter, and says what an exporter lacks', async () => {
  const telemetry = await startTelemetry({ serviceName: 'test', exporter: 'none' });
  expect(telemetry.recording).toBe(false);
  expect(telemetry.tracer.startSpan('nowhere').isRecording()).toBe(false);
  await runPipeline(telemetry);
  await expect(startTelemetry({ serviceName: 'test', exporter: 'otlp' })).rejects.toMatchObject({
    code: 'TELEMETRY_INCOMPLETE',
  });
  await expect(startTelemetry({ serviceName: 'test', exporter: 'file' })).rejects.toMatchObject({
    code: 'TELEMETRY_INCOMPLETE',
  });
});

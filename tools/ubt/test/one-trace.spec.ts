import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { SpanJson } from '@ubt/service-kit';
import {
  startNatsServer,
  temporaryDirectory,
  TINY_MODELS,
  waitFor,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { startStage } from './three-services.js';

let directory: TemporaryDirectory;
let data: TinyData;
const open: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory('ubt-trace-');
  data = await writeTinyData(join(directory.path, 'data'), { pairs: 480, poisoned: 40, mislabelled: 0 });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await directory.remove();
});

/** Runs the built `ubt defend` as a user does; gives what it printed. */
async function defend(more: readonly string[] = [], env: Record<string, string> = {}) {
  const bin = fileURLToPath(new URL('../bin/ubt.mjs', import.meta.url));
  const args = [
    ...['defend', '--model', TINY_MODELS.backdoored, '--reference', TINY_MODELS.clean, '--pairs', data.pairs],
    ...['--method', 'reference-similarity', '--top-suspects', '64', '--retain-pairs', '200'],
    ...['--unlearn-steps', '10', '--retain-batch-size', '64', '--json', '--out', join(directory.path, 'out')],
  ];
  const child = spawn(process.execPath, [bin, ...args, ...more], {
    cwd: directory.path,
    env: { ...process.env, UBT_THREADS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  // 2 is a backdoor that was found and not repaired: these are few steps.
  expect({ code, said: [0, 2].includes(code) ? '' : output.stderr }).toEqual({
    code: expect.anything(),
    said: '',
  });
  return output;
}

const spansOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SpanJson);

/** From the root down to a span, names with the service they were measured in. */
function ancestry(spans: readonly SpanJson[], name: string): string[] {
  const names: string[] = [];
  let span = spans.find((candidate) => candidate.name === name);
  while (span !== undefined) {
    names.unshift(`${String(span.resource['service.name'])}: ${span.name}`);
    const parent = span.parentSpanId;
    span = spans.find(({ spanId }) => spanId === parent);
  }
  return names;
}

const TO_DETECTOR = [
  'ubt-cli: ubt defend',
  'ubt-cli: ubt.detector.v1.Detector/Detect',
  'ubt-detector: ubt.detector.v1.Detector/Detect',
  'ubt-detector: job detector',
];
const event = (from: string, to: string, bus: (stage: string) => string) => [
  `${bus(from)}: send ubt.v1.{run}.${from}.completed`,
  `${bus(to)}: process ubt.v1.{run}.${from}.completed`,
  `ubt-${to}: job ${to}`,
];

function expectOneTrace(spans: readonly SpanJson[], bus: (stage: string) => string): void {
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(ancestry(spans, 'worker detector')).toEqual([...TO_DETECTOR, 'ubt-detector: worker detector']);
  const toSelector = [...TO_DETECTOR, ...event('detector', 'selector', bus)];
  expect(ancestry(spans, 'worker selector')).toEqual([...toSelector, 'ubt-selector: worker selector']);
  const toUnlearner = [...toSelector, ...event('selector', 'unlearner', bus)];
  expect(ancestry(spans, 'worker unlearner')).toEqual([...toUnlearner, 'ubt-unlearner: worker unlearner']);
  const workers = spans.filter(({ name }) => name.startsWith('worker '));
  expect(new Set(workers.map(({ attributes }) => attributes['process.pid'])).size).toBe(3);
}

it('is one trace from the command to the last worker, beside the report', async () => {
  await defend();
  // The in-process bus belongs to the command.
  expectOneTrace(await spansOf(join(directory.path, 'out/trace.jsonl')), () => 'ubt-cli');
});

it('is one trace over services in processes of their own and a broker', async () => {
  const nats = await startNatsServer();
  open.push(nats.stop);
  const spansFile = join(directory.path, 'services.jsonl');
  const env = { UBT_NATS_URL: nats.url, UBT_SPANS_FILE: spansFile };
  const stages = await Promise.all(
    (['detector', 'selector', 'unlearner'] as const).map((stage) => startStage(stage, directory.path, env)),
  );
  open.push(...stages.map(({ stop }) => stop));
  const places = stages.flatMap(({ stage, service }) => [`--${stage}`, service.address]);
  await defend(places);
  for (const { stop } of stages) await stop();
  const spans = [...(await spansOf(join(directory.path, 'out/trace.jsonl'))), ...(await spansOf(spansFile))];
  const { traceId } = spans.find(({ name }) => name === 'ubt defend')!;
  const run = spans.filter((span) => span.traceId === traceId);
  expectOneTrace(run, (stage) => `ubt-${stage}`);
  // Every span of the run has its parent in it: no edge is lost between processes.
  const ids = new Set(run.map(({ spanId }) => spanId));
  const orphans = run.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  expect(orphans.map(({ name }) => name)).toEqual([]);
});

it('goes to an OTLP collector when one is configured, worker spans included', async () => {
  const nats = await startNatsServer();
  open.push(nats.stop);
  const received: Buffer[] = [];
  const collector = await listen(received);
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;
  const env = { UBT_NATS_URL: nats.url, UBT_OTLP_ENDPOINT: endpoint };
  const stages = await Promise.all(
    (['detector', 'selector', 'unlearner'] as const).map((stage) => startStage(stage, directory.path, env)),
  );
  open.push(...stages.map(({ stop }) => stop));
  await defend(stages.flatMap(({ stage, service }) => [`--${stage}`, service.address]));
  for (const { stop } of stages) await stop();
  const [{ traceId }] = (await spansOf(join(directory.path, 'out/trace.jsonl'))) as [SpanJson];
  const sent = await waitFor(() => Buffer.concat(received).toString('latin1'));
  for (const name of ['worker detector', 'worker selector', 'worker unlearner', 'ubt-unlearner']) {
    expect(sent).toContain(name);
  }
  expect(sent).toContain(Buffer.from(traceId, 'hex').toString('latin1'));
});

/** A collector that keeps what it gets. */
async function listen(received: Buffer[]): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      received.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return server;
}

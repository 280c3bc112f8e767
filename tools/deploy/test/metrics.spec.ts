import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DetectorService, DetectRequest, JobsService, JobState, StageEvent } from '@ubt/contracts';
import { connect, createJetStreamBus } from '@ubt/service-kit';
import {
  startNatsServer,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
} from '@ubt/test-kit';
import {
  prometheusLabel,
  prometheusNames,
  startMetricsReceiver,
  type MetricsReceiver,
} from './otlp-metrics.js';
import { namesIn, readAlerts, readDashboard } from './queries.js';

jest.setTimeout(400_000);

/** Metrics of others: the kubelet's, and those of NVIDIA's DCGM exporter. */
const OTHERS = ['container_memory_working_set_bytes', 'DCGM_FI_DEV_FB_USED', 'DCGM_FI_DEV_GPU_UTIL'];
/** Labels that are no attributes: buckets, what the collector makes of the resource, and those of others. */
const OTHER_LABELS = ['le', 'job', 'instance', 'pod', 'container'];

let receiver: MetricsReceiver;
/** Built services do some work with the receiver as their collector; what they measured is sent as they stop. */
beforeAll(async () => {
  receiver = await startMetricsReceiver();
  await using broker = await startNatsServer();
  await using directory = await temporaryDirectory('ubt-metrics-');
  const data = await writeTinyData(join(directory.path, 'data'), { pairs: 60 });
  const start = (stage: string) =>
    startServiceProcess({
      main: new URL(`../../../services/${stage}/dist/main.js`, import.meta.url),
      env: {
        ...{ UBT_PORT: '0', UBT_DATA_DIR: join(directory.path, 'service'), UBT_THREADS: '1' },
        UBT_ARTIFACT_ROOTS: [directory.path, join(TINY_MODELS.clean, '..')].join(','),
        ...{ UBT_NATS_URL: broker.url, UBT_OTLP_ENDPOINT: receiver.url, UBT_LOG_LEVEL: 'warn' },
      },
    });
  const detector = await start('detector');
  const selector = await start('selector');
  await detect(detector.address, data.pairs);
  await sendEvent(broker.url);
  await detector.stop();
  await selector.stop();
});
afterAll(async () => receiver[Symbol.asyncDispose]());

async function detect(address: string, pairs: string): Promise<void> {
  const artifact = (path: string) => ({ uri: pathToFileURL(path).href });
  const client = connect(DetectorService, address);
  const jobs = connect(JobsService, address);
  const { job } = await client.detect(
    DetectRequest.fromPartial({
      requestId: 'metrics',
      subject: { model: artifact(TINY_MODELS.clean), pairs: artifact(pairs) },
      options: { method: 'similarity' },
    }),
  );
  let state: JobState | undefined;
  for await (const update of jobs.watchJob({ name: job!.name, afterSequence: 0n })) state = update.job?.state;
  expect(state).toBe(JobState.JOB_STATE_SUCCEEDED);
  client.close();
  jobs.close();
}

/** A completion whose run asks for nothing more: the selector takes it and is done. */
async function sendEvent(url: string): Promise<void> {
  const bus = createJetStreamBus({ servers: [url] });
  const data = StageEvent.fromPartial({ run: { runId: 'metrics' }, stage: 'detector', jobName: 'jobs/m' });
  await bus.publish({ kind: 'completed', data });
  await bus.close();
}

const queries = async () => [
  ...(await readAlerts()).map(({ alert, expr }) => ({ where: alert, expr })),
  ...(await readDashboard()).panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ where: title, expr })),
  ),
  ...(await readDashboard()).templating.list.map(({ query }) => ({ where: 'variable', expr: query })),
];

describe('what running services export', () => {
  it('has every metric that an alert or a panel asks for', async () => {
    const known = new Set([...[...receiver.metrics.values()].flatMap(prometheusNames), ...OTHERS]);
    const asked = (await queries()).map(({ where, expr }) => ({ where, ...namesIn(expr) }));
    expect(asked.length).toBeGreaterThan(25);
    const missing = asked.map(({ where, metrics }) => ({
      where,
      missing: metrics.filter((name) => !known.has(name)),
    }));
    expect(missing.filter((one) => one.missing.length > 0)).toEqual([]);
    const used = new Set(asked.flatMap(({ metrics }) => metrics));
    expect(used.size).toBeGreaterThan(15);
  });

  it('has every label that they ask for', async () => {
    const attributes = [...receiver.metrics.values()].flatMap((metric) => [...metric.attributes]);
    const known = new Set([...attributes.map(prometheusLabel), ...OTHER_LABELS, 'method']);
    for (const { where, expr } of await queries()) {
      const unknown = namesIn(expr).labels.filter((label) => !known.has(label));
      expect({ where, unknown }).toEqual({ where, unknown: [] });
    }
  });

  it('never has a run, a job or a file for a label', () => {
    for (const { name, attributes } of receiver.metrics.values()) {
      expect({ name, bad: [...attributes].filter((key) => /run|job\.name|path|uri/.test(key)) }).toEqual({
        name,
        bad: [],
      });
    }
  });
});

describe('namesIn', () => {
  it('reads metrics and labels out of a query', () => {
    const query =
      'histogram_quantile(0.9, sum by (le, a) (rate(x_y_bucket{b="c_d", e=~"f"}[5m]))) > 2 and on (g) max(h_i)';
    expect(namesIn(query)).toEqual({ metrics: ['x_y_bucket', 'h_i'], labels: ['le', 'a', 'g', 'b', 'e'] });
  });
});

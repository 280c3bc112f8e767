import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DetectorService } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { ServiceClient } from '@ubt/service-kit';
import { loadStreams, type LoadPlan } from './load-streams.js';
import { serveDetector, type ServedDetector } from './served-detector.js';
import type { ServingOptions } from './serving-options.js';
import { startTorchPeer } from './torch-peer.js';
import { watchServer, type ServerWatch } from './watch-process.js';

/** One load as measured. Times in milliseconds, memory in MiB. */
export interface ServingRow {
  readonly side: 'detector' | 'detector beside a job' | 'PyTorch';
  readonly pairsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  /** Memory at the end of each fifth of the load: flat when nothing grows. */
  readonly memoryMiB: readonly number[];
  readonly probes: { readonly answered: number; readonly lost: number; readonly longest: number } | undefined;
  /** Whether the job was running before and after the load; undefined without one. */
  readonly jobRan: boolean | undefined;
}

/** What happened at the limit of streams. */
export interface LimitResult {
  readonly limit: number;
  readonly asked: number;
  /** Streams refused with RESOURCE_EXHAUSTED and a time to wait. */
  readonly refused: number;
  /** Streams that failed in any other way. */
  readonly otherwise: number;
}

/** The serving benchmark as kept. */
export interface ServingMeasurement {
  readonly rows: readonly ServingRow[];
  readonly limit: LimitResult;
  /** Why the peer took no part. */
  readonly missing: string | undefined;
  /** Largest difference between the peer's scores and ours, on the pairs of the first stream. */
  readonly scoreDifference: number | undefined;
}

type Client = ServiceClient<typeof DetectorService>;

/** Measures everything, one load after the other. */
export async function measureServing(
  options: ServingOptions,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<ServingMeasurement> {
  const served = await serveDetector({ ...options, maxStreams: options.streams });
  try {
    const plan = { ...options, signal, detectionModel: served.detectionModel, samples: served.samples };
    progress('warming up');
    await loadStreams(served.detector, { ...plan, streams: 1, pairs: Math.min(16, options.pairs) });
    progress(`${options.streams} streams of ${options.pairs} pairs`);
    const alone = await underLoad('detector', served, plan);
    progress('the same beside a job');
    const job = await served.startLongJob();
    const beside = await underLoad('detector beside a job', served, plan);
    const jobRan = await job.isRunning();
    await job.cancel();
    progress('one stream too many, and more');
    const limit = await atTheLimit(served.detector, plan);
    progress('PyTorch');
    const peer = await measurePeer(served, plan, options);
    const rows = [alone.row, { ...beside.row, jobRan }];
    if ('missing' in peer) return { rows, limit, missing: peer.missing, scoreDifference: undefined };
    const differences = peer.scores.map((score, at) => Math.abs(score - alone.scores[at]!));
    return {
      rows: [...rows, peer.row],
      limit,
      missing: undefined,
      scoreDifference: Math.max(...differences),
    };
  } finally {
    await served.close();
  }
}

const isScorer = (commandLine: string): boolean => commandLine.includes('scorer.worker');

async function underLoad(
  side: ServingRow['side'],
  { pid, detector, health }: ServedDetector,
  plan: LoadPlan,
) {
  const probe = () => health.check('ubt.detector.v1.Detector');
  return measured(side, detector, plan, watchServer(pid, probe, isScorer));
}

async function measured(
  side: ServingRow['side'],
  client: Client,
  plan: LoadPlan,
  watch: ReturnType<typeof watchServer>,
) {
  const load = await loadStreams(client, plan).catch(async (error: unknown) => {
    await watch.stop();
    throw error;
  });
  const seen = await watch.stop();
  const sorted = [...load.latencies].sort((a, b) => a - b);
  const row: ServingRow = {
    side,
    pairsPerSecond: (plan.streams * plan.pairs - load.failed) / load.seconds,
    ...{ p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), failed: load.failed },
    memoryMiB: fifths(seen.memoryMiB),
    probes: probesOf(side, seen),
    jobRan: undefined,
  };
  return { row, scores: load.scores };
}

function probesOf(side: ServingRow['side'], { probes, lostProbes }: ServerWatch): ServingRow['probes'] {
  if (side === 'PyTorch') return undefined;
  return { answered: probes.length, lost: lostProbes, longest: Math.max(0, ...probes) };
}

/** The smallest value that at least this share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** The last value of each fifth of a series. */
export function fifths(series: readonly number[]): number[] {
  return [1, 2, 3, 4, 5].map((part) => series[Math.max(0, Math.ceil((part * series.length) / 5) - 1)] ?? 0);
}

/** Streams beyond the limit that are asked for. */
const TOO_MANY = 16;

/** Holds as many streams open as are allowed, and asks for more. */
async function atTheLimit(client: Client, plan: LoadPlan): Promise<LimitResult> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const opened = Array.from({ length: plan.streams }, () => heldStream(client, plan, controller.signal));
  await Promise.all(opened);
  const asked = await Promise.allSettled(
    Array.from({ length: TOO_MANY }, () => loadStreams(client, { ...plan, streams: 1, pairs: 1 })),
  );
  controller.abort();
  const errors = asked.flatMap((one) => (one.status === 'rejected' ? [UbtError.from(one.reason)] : []));
  const refused = errors.filter(
    ({ kind, retryAfterMs }) => kind === 'resource-exhausted' && retryAfterMs !== undefined,
  ).length;
  return { limit: plan.streams, asked: TOO_MANY, refused, otherwise: errors.length - refused };
}

/** Opens a stream, has one pair scored, and leaves it open. */
async function heldStream(
  client: Client,
  { samples, detectionModel }: LoadPlan,
  signal: AbortSignal,
): Promise<void> {
  const { image, caption } = samples[0]!;
  async function* requests() {
    yield { message: { $case: 'detectionModel' as const, value: detectionModel } };
    const pair = { id: '0', image: { $case: 'imageBytes' as const, value: image }, caption };
    yield { message: { $case: 'pair' as const, value: pair } };
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  await client.scorePairs(requests(), { signal })[Symbol.asyncIterator]().next();
}

async function measurePeer(served: ServedDetector, plan: LoadPlan, options: ServingOptions) {
  const lifted = join(fileURLToPath(served.detectionModel.uri), 'lifted');
  const peer = await startTorchPeer({ suspect: served.suspect, lifted }, options);
  if ('missing' in peer) return peer;
  try {
    await loadStreams(peer.detector, { ...plan, streams: 1, pairs: Math.min(16, plan.pairs) });
    const watch = watchServer(peer.pid, undefined, () => false);
    return await measured('PyTorch', peer.detector, plan, watch);
  } finally {
    await peer.close();
  }
}

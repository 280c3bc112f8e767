import type { Attributes, Meter } from '@opentelemetry/api';
import type { WorkLoad } from '../work-queue/work-queue.js';
import { observeProcess } from './observe-process.js';

/** What a service measures. Attributes have few values: never a run, a job or a file name. */
export interface ServiceMetrics {
  /** Duration of a call that was answered, in seconds. */
  rpcServerCall(seconds: number, attributes: RpcLabels): void;
  /** Duration of a call as its caller saw it, in seconds. */
  rpcClientCall(seconds: number, attributes: RpcLabels): void;
  /** A job ended: outcome is the state in lower case; seconds from its first worker to its end. */
  jobEnded(stage: string, outcome: string, seconds: number): void;
  /** Time a job waited for a worker, in seconds. */
  jobWaited(stage: string, seconds: number): void;
  /** A worker process ended without an answer. */
  workerDied(stage: string): void;
  /** An event was worked on: outcome is ack, retry or dead-letter; seconds the handler took. */
  eventProcessed(consumer: string, outcome: string, seconds: number): void;
  /** A suspicion score; the method is one of a fixed list, the source is job or online. */
  pairScored(score: number, method: string, source: 'job' | 'online'): void;
  /** Has a stage's jobs counted whenever metrics are collected; its counters start at zero. */
  observeJobs(stage: string, read: () => JobLoad): void;
  /** Has the shards of detections counted whenever metrics are collected; while that fails, nothing is told. */
  observeShards(read: () => Promise<WorkLoad>): void;
  /** Has the state of the connection to the broker told whenever metrics are collected. */
  observeBus(stage: string, isConnected: () => boolean): void;
}

/** The jobs of a stage at one moment. */
export interface JobLoad {
  readonly queued: number;
  readonly running: number;
  /** How long the oldest queued job has been waiting, in seconds; 0 without one. */
  readonly oldestQueuedSeconds: number;
}

/** Labels of the rpc histograms; names as in OpenTelemetry's RPC conventions. */
export interface RpcLabels extends Attributes {
  'rpc.system.name': 'grpc';
  'rpc.method': string;
  'rpc.response.status_code': string;
}

/** Upper bounds of calls and events, in seconds, and of jobs. */
const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const JOB_SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200];
/** Fine where cosines and their gains lie, coarse for the methods whose scores have no bound. */
const SCORES = [-1, -0.5, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 5, 10];

/** Creates the instruments on a meter. */
export function createServiceMetrics(meter: Meter): ServiceMetrics {
  observeProcess(meter);
  return {
    ...callMetrics(meter),
    ...jobMetrics(meter),
    ...eventMetrics(meter),
    ...scoreMetrics(meter),
    ...shardMetrics(meter),
  };
}

function callMetrics(meter: Meter) {
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: CALL_SECONDS } };
  const serverCall = meter.createHistogram('rpc.server.call.duration', seconds);
  const clientCall = meter.createHistogram('rpc.client.call.duration', seconds);
  return {
    rpcServerCall: (value: number, attributes: RpcLabels) => serverCall.record(value, attributes),
    rpcClientCall: (value: number, attributes: RpcLabels) => clientCall.record(value, attributes),
  };
}

function jobMetrics(meter: Meter) {
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: JOB_SECONDS } };
  const jobs = meter.createCounter('ubt.jobs', { description: 'Jobs that ended, by stage and outcome' });
  const duration = meter.createHistogram('ubt.job.duration', seconds);
  const queueWait = meter.createHistogram('ubt.job.queue.duration', seconds);
  const deaths = meter.createCounter('ubt.job.worker.deaths');
  const queued = meter.createObservableGauge('ubt.job.queued');
  const running = meter.createObservableGauge('ubt.job.running');
  const age = meter.createObservableGauge('ubt.job.queue.age', {
    unit: 's',
    description: 'How long the oldest queued job has been waiting',
  });
  return {
    jobEnded: (stage: string, outcome: string, value: number) => {
      jobs.add(1, { stage, outcome });
      duration.record(value, { stage, outcome });
    },
    jobWaited: (stage: string, value: number) => queueWait.record(value, { stage }),
    workerDied: (stage: string) => deaths.add(1, { stage }),
    observeJobs: (stage: string, read: () => JobLoad) => {
      // A counter that appears with its first event hides that event from rates.
      for (const outcome of ['succeeded', 'failed', 'cancelled']) jobs.add(0, { stage, outcome });
      deaths.add(0, { stage });
      meter.addBatchObservableCallback(
        (result) => {
          const load = read();
          result.observe(queued, load.queued, { stage });
          result.observe(running, load.running, { stage });
          result.observe(age, load.oldestQueuedSeconds, { stage });
        },
        [queued, running, age],
      );
    },
  };
}

function eventMetrics(meter: Meter) {
  const processed = meter.createHistogram('messaging.process.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: JOB_SECONDS },
  });
  const deadLetters = meter.createCounter('ubt.event.dead_letters');
  const connected = meter.createObservableGauge('ubt.bus.connected', {
    description: '1 while the broker can be used, 0 while it cannot',
  });
  return {
    eventProcessed: (consumer: string, outcome: string, value: number) => {
      const labels = { 'messaging.consumer.group.name': consumer };
      processed.record(value, { 'messaging.system': 'nats', ...labels, outcome });
      deadLetters.add(outcome === 'dead-letter' ? 1 : 0, labels);
    },
    observeBus: (stage: string, isConnected: () => boolean) =>
      connected.addCallback((result) => result.observe(isConnected() ? 1 : 0, { stage })),
  };
}

/** The queue is one for all replicas, and each tells the same of it. */
function shardMetrics(meter: Meter) {
  const waiting = meter.createObservableGauge('ubt.shard.waiting', {
    description: 'Shards that no replica works on',
  });
  const running = meter.createObservableGauge('ubt.shard.running', {
    description: 'Shards that some replica works on',
  });
  const age = meter.createObservableGauge('ubt.shard.queue.age', {
    unit: 's',
    description: 'Age of the oldest shard that is not done',
  });
  return {
    observeShards: (read: () => Promise<WorkLoad>) =>
      meter.addBatchObservableCallback(
        async (result) => {
          const load = await read().catch(() => undefined);
          if (load === undefined) return;
          result.observe(waiting, load.waiting);
          result.observe(running, load.inWork);
          result.observe(age, load.oldestSeconds);
        },
        [waiting, running, age],
      ),
  };
}

function scoreMetrics(meter: Meter) {
  const scores = meter.createHistogram('ubt.detector.score', {
    description: 'Suspicion scores, higher is more suspicious; comparable within one method only',
    advice: { explicitBucketBoundaries: SCORES },
  });
  return {
    pairScored: (score: number, method: string, source: 'job' | 'online') =>
      scores.record(score, { method, source }),
  };
}

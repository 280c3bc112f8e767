import { SpanKind, type Span, type Tracer } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { UbtError } from '@ubt/errors';
import { createLogger, type Logger, type LoggerOptions } from '../telemetry/logger.js';
import { runInSpan } from '../telemetry/run-in-span.js';
import { spanToJson } from '../telemetry/span-json.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';
import { extractTrace } from '../telemetry/trace-context.js';
import type { PackedMessage } from './job-record.js';
import type { ProgressReport } from './progress-meter.js';
import { evenSample } from './even-sample.js';
import { MAX_SCORES, toWorkerMessage, type FromWorkerMessage, type StartMessage } from './worker-protocol.js';

/** What the handler of a worker process gets beside the request. */
export interface WorkerContext {
  /** jobs/{id} */
  readonly job: string;
  readonly stage: string;
  /** Empty when the job belongs to no run. */
  readonly runId: string;
  /** From 1; above it, an earlier worker died or was stopped, and `workDir` holds what it left. */
  readonly attempt: number;
  /** The job's own folder, for checkpoints and half-made files; removed when the job has ended. */
  readonly workDir: string;
  /** Aborted when the job is cancelled, out of time, or the service stops; look at it between steps. */
  readonly signal: AbortSignal;
  progress(report: ProgressReport): void;
  /** Adds scores to the service's histogram: an even sample, so that a large job does not drown the others. */
  scores(method: string, scores: ArrayLike<number>): void;
  /** Tells the log that work up to here would survive the process. */
  checkpoint(note: string): void;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly span: Span;
}

/** The work of a stage: the job's request in, its result out. */
export type WorkerHandler = (request: PackedMessage, context: WorkerContext) => Promise<PackedMessage>;

/**
 * Makes this process a worker: call it once, in the entry file that the service forks. The process runs one
 * job and exits; it also exits when the service that forked it is gone.
 *
 * @throws UbtError `failed-precondition`, code WORKER_NOT_FORKED, when the process was started by hand
 */
export function runWorker(handler: WorkerHandler): void {
  if (process.send === undefined) {
    throw new UbtError('failed-precondition', 'This file is the worker of a service and cannot run alone.', {
      code: 'WORKER_NOT_FORKED',
      fix: 'Start the service; it starts its workers.',
    });
  }
  const controller = new AbortController();
  // Ctrl-C reaches the whole process group; when to stop is the service's decision.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(1));
  process.on('message', (raw) => {
    const message = toWorkerMessage.parse(raw);
    if (message.type === 'cancel') controller.abort(UbtError.fromJSON(message.reason));
    else void work(handler, message, controller.signal).then(leave);
  });
}

/** Everything before the answer is already in the channel, which keeps its order. */
async function leave(answer: FromWorkerMessage): Promise<void> {
  await new Promise<void>((resolve) => process.send!(answer, () => resolve()));
  process.exit(0);
}

async function work(
  handler: WorkerHandler,
  start: StartMessage,
  signal: AbortSignal,
): Promise<FromWorkerMessage> {
  try {
    const telemetry = await workerTelemetry(start);
    const { job, stage, runId, attempt, workDir } = start;
    const span = {
      name: `worker ${stage}`,
      kind: SpanKind.INTERNAL,
      parent: extractTrace(start.trace),
      attributes: { 'ubt.job': job, 'ubt.job.attempt': attempt, 'process.pid': process.pid },
    };
    const result = await runInSpan(telemetry.tracer, span, (span) =>
      handler(start.request, {
        ...{ job, stage, runId, attempt, workDir, signal, span },
        progress: (report) => send({ type: 'progress', report }),
        scores: (method, scores) => send({ type: 'scores', method, scores: evenSample(scores, MAX_SCORES) }),
        checkpoint: (note) => send({ type: 'checkpoint', note }),
        logger: workerLogger(start),
        tracer: telemetry.tracer,
      }),
    ).finally(telemetry.shutdown);
    return { type: 'result', result };
  } catch (thrown) {
    return { type: 'error', error: UbtError.from(thrown).toJSON() };
  }
}

function send(message: FromWorkerMessage): void {
  if (process.connected) process.send!(message);
}

function workerLogger({ stage, logLevel, job }: StartMessage): Logger {
  const level = logLevel as NonNullable<LoggerOptions['level']>;
  const destination = { write: (line: string) => send({ type: 'log', line }) };
  return createLogger({ name: `${stage}-worker`, level, destination }).child({ job });
}

function workerTelemetry({ stage, recording }: StartMessage) {
  const exporter = {
    export(spans: Parameters<typeof spanToJson>[0][], done: (result: { code: ExportResultCode }) => void) {
      send({ type: 'spans', spans: spans.map(spanToJson) });
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: () => Promise.resolve(),
  };
  return startTelemetry({ serviceName: `ubt-${stage}`, exporter: recording ? exporter : 'none' });
}

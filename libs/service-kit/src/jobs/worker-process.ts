import type { ChildProcess } from 'node:child_process';
import { UbtError } from '@ubt/errors';
import { redactSecrets } from '../telemetry/redact-secrets.js';
import { forkWorker } from './fork-worker.js';
import type { PackedMessage } from './job-record.js';
import { fromWorkerMessage, type FromWorkerMessage, type StartMessage } from './worker-protocol.js';

/** How the worker processes of a stage are started. */
export interface WorkerOptions {
  /** The file that calls `runWorker`. */
  readonly entry: URL | string;
  /** Options of Node.js, such as --max-old-space-size. */
  readonly execArgv?: readonly string[];
  /** Variables on top of the service's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Longest a worker may run, in milliseconds; without bound unless told. */
  readonly timeLimitMs?: number;
}

/** How a worker process ended. */
export type WorkerOutcome =
  | { readonly kind: 'result'; readonly result: PackedMessage }
  | { readonly kind: 'error'; readonly error: UbtError }
  | { readonly kind: 'died'; readonly how: string };

/** Messages of a worker before its answer. */
export type WorkerNews = Exclude<FromWorkerMessage, { type: 'result' | 'error' }>;

/** A running worker process. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Never rejects; settles after the process has gone. */
  readonly outcome: Promise<WorkerOutcome>;
  /** Asks it to stop; after `graceMs` SIGTERM, half a second later SIGKILL. */
  cancel(reason: UbtError, graceMs: number): void;
}

const TERM_TO_KILL_MS = 500;
const ANSWER_TO_KILL_MS = 2_000;
const LAST_WORDS = 2_000;

/** Forks a worker and hands it its job; where the system has no process to give, it has died at once. */
export function startWorker(
  options: WorkerOptions,
  start: StartMessage,
  onNews: (news: WorkerNews) => void,
): WorkerProcess {
  const { entry, execArgv = [], env } = options;
  try {
    const child = forkWorker(entry, { args: [start.job], execArgv, env, stderr: 'pipe', work: 'job' });
    return lead(child, start, onNews);
  } catch (error) {
    const died = { kind: 'died', how: `could not run: ${UbtError.from(error).message}` } as const;
    return { pid: undefined, outcome: Promise.resolve(died), cancel: () => undefined };
  }
}

function lead(child: ChildProcess, start: StartMessage, onNews: (news: WorkerNews) => void): WorkerProcess {
  const timers: NodeJS.Timeout[] = [];
  const killAfter = (milliseconds: number, signal: NodeJS.Signals) =>
    timers.push(setTimeout(() => child.kill(signal), milliseconds));
  const outcome = outcomeOf(child, onNews, () => killAfter(ANSWER_TO_KILL_MS, 'SIGKILL')).finally(() =>
    timers.forEach(clearTimeout),
  );
  tell(child, start);
  return {
    pid: child.pid,
    outcome,
    cancel: (reason, graceMs) => {
      tell(child, { type: 'cancel', reason: reason.toJSON() });
      killAfter(graceMs, 'SIGTERM');
      killAfter(graceMs + TERM_TO_KILL_MS, 'SIGKILL');
    },
  };
}

/** A worker that is gone cannot be told anything; its end is noticed elsewhere. */
function tell(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

function outcomeOf(
  child: ChildProcess,
  onNews: (news: WorkerNews) => void,
  onAnswer: () => void,
): Promise<WorkerOutcome> {
  let answer: WorkerOutcome | undefined;
  let lastWords = '';
  // Without a free file descriptor there is no stderr either; the event `error` follows.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  child.on('message', (raw) => {
    const parsed = fromWorkerMessage.safeParse(raw);
    // A message that is none is a defect of the worker; its answer, if it gives one, still counts.
    if (!parsed.success || answer !== undefined) return;
    const message = parsed.data;
    if (message.type !== 'result' && message.type !== 'error') return onNews(message);
    answer =
      message.type === 'result'
        ? { kind: 'result', result: message.result }
        : { kind: 'error', error: UbtError.fromJSON(message.error) };
    onAnswer();
  });
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve(answer ?? { kind: 'died', how: `could not run: ${error.message}` }),
    );
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
      // They end up in the job's record, which every reader of jobs sees.
      const words = redactSecrets(lastWords.trim());
      resolve(answer ?? { kind: 'died', how: words === '' ? how : `${how}; its last words: ${words}` });
    });
  });
}

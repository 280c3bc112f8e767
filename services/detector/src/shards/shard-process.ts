import type { ChildProcess } from 'node:child_process';
import type { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { forkWorker, type Environment } from '@ubt/service-kit';
import type { FromShardWorker, ToShardWorker } from './shard-protocol.js';

/** Measures shards in a process of its own, so that the event loop stays free for calls, probes and the broker. */
export interface ShardProcess {
  /** @throws UbtError of the shard, `signal`'s reason, or SHARD_WORKER_DIED or SHARD_WORKER_NOT_STARTED (`unavailable`) */
  measure(shard: ScoringShard, signal: AbortSignal): Promise<ScoringShardResult>;
  stop(): Promise<void>;
}

/** Options of {@link createShardProcess}. */
export interface ShardProcessOptions {
  readonly env: Environment;
  /** Time without a shard after which the process ends, and its memory is free; 2 minutes unless told. */
  readonly idleMs?: number;
  readonly onDeath?: () => void;
}

interface Waiting {
  readonly worker: ChildProcess;
  readonly resolve: (result: ScoringShardResult) => void;
  readonly reject: (error: unknown) => void;
}

const IDLE_MS = 120_000;
/** Time that a cancelled shard gets to end by itself: the engine cannot be interrupted in a batch. */
const CANCEL_GRACE_MS = 2_000;

/** A process that starts with the first shard, and again after it died or was idle. */
export function createShardProcess({ env, idleMs = IDLE_MS, onDeath }: ShardProcessOptions): ShardProcess {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let nextId = 1;
  let idle: NodeJS.Timeout | undefined;

  const start = (): ChildProcess => {
    const started = forkWorker(new URL('./shard.worker.js', import.meta.url), {
      ...{ env, stderr: 'inherit', work: 'job' },
    });
    started.on('message', (reply: FromShardWorker) => {
      const request = waiting.get(reply.id);
      if ('error' in reply) request?.reject(UbtError.fromJSON(reply.error));
      else request?.resolve(reply.result);
    });
    const gone = (how: string) => {
      if (child === started) child = undefined;
      const left = [...waiting.values()].filter(({ worker }) => worker === started);
      if (left.length > 0) onDeath?.();
      for (const request of left) request.reject(workerDied(how));
    };
    started.on('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    started.on('error', (error) => gone(error.message));
    return started;
  };
  const tell = (worker: ChildProcess, message: ToShardWorker) => {
    if (worker.connected) worker.send(message, () => undefined);
  };
  const endIdle = () => {
    const quiet = child;
    child = undefined;
    quiet?.kill('SIGTERM');
  };
  const rest = () => {
    if (waiting.size === 0) idle = setTimeout(endIdle, idleMs).unref();
  };

  return {
    async measure(shard, signal) {
      signal.throwIfAborted();
      clearTimeout(idle);
      const worker = (child ??= startOrRefuse(start));
      const id = nextId++;
      let kill: NodeJS.Timeout | undefined;
      const cancel = () => {
        tell(worker, { type: 'cancel', id, reason: UbtError.from(signal.reason).toJSON() });
        kill = setTimeout(() => worker.kill('SIGKILL'), CANCEL_GRACE_MS);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await new Promise<ScoringShardResult>((resolve, reject) => {
          waiting.set(id, { worker, resolve, reject });
          tell(worker, { type: 'measure', id, shard });
        });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        waiting.delete(id);
        clearTimeout(kill);
        signal.removeEventListener('abort', cancel);
        rest();
      }
    },
    async stop() {
      clearTimeout(idle);
      const running = child;
      if (running === undefined) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
  };
}

function startOrRefuse(start: () => ChildProcess): ChildProcess {
  try {
    return start();
  } catch (cause) {
    const why = UbtError.from(cause).message;
    throw new UbtError('unavailable', `The process that measures shards could not be started (${why}).`, {
      code: 'SHARD_WORKER_NOT_STARTED',
      fix: 'If it stays so, give the detector more memory, or a higher limit of processes or open files.',
      cause,
    });
  }
}

function workerDied(how: string): UbtError {
  return new UbtError('unavailable', `The process that measured a shard ended (${how}).`, {
    code: 'SHARD_WORKER_DIED',
    fix: 'If it was killed for memory, give the detector more, or smaller batches.',
  });
}

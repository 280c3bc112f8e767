import type { ChildProcess } from 'node:child_process';
import { UbtError } from '@ubt/errors';
import { forkWorker, type Environment } from '@ubt/service-kit';
import type { ScoredPair, ScoreMessage, ScoreModel, ScoreReply } from './scorer-protocol.js';
import { createFairQueue } from './scoring/fair-queue.js';

/** Scores single pairs in a process of its own, so that the event loop stays free for calls and probes. */
export interface Scorer {
  /** Admits a stream of pairs. @throws UbtError `resource-exhausted`, code SCORE_STREAMS_FULL, with a retry delay */
  open(): ScorerStream;
  stop(): Promise<void>;
}

/** A stream's part of the scorer; `close` it when the stream has ended. */
export interface ScorerStream {
  /** Loads a detection model, so that a bad one is refused before the first pair. */
  load(model: ScoreModel): Promise<void>;
  /**
   * @throws UbtError of the pair or the model, SCORER_DIED or SCORER_NOT_STARTED (`unavailable`), or STREAM_CLOSED
   *   (`cancelled`)
   */
  score(request: Required<Omit<ScoreMessage, 'id'>>): Promise<ScoredPair>;
  /** What the stream has waiting is not scored any more. */
  close(): void;
}

/** What a scorer works with. */
export interface ScorerOptions {
  readonly env: Environment;
  /** Streams at once. */
  readonly maxStreams: number;
  /** For tests: forks another process, or fails to. */
  readonly forkWorker?: () => ChildProcess;
}

/** Pairs in the hands of the process: a batch in work, the next one being decoded. */
const DISPATCHED = 64;
const RETRY_AFTER_MS = 1_000;

interface Asked {
  readonly message: Omit<ScoreMessage, 'id'>;
  readonly resolve: (scored: ScoredPair | undefined) => void;
  readonly reject: (error: UbtError) => void;
}

/** What the process has been asked. */
interface Dispatched {
  readonly asked: Asked;
  readonly worker: ChildProcess;
}

/**
 * A scorer whose process starts with the first request, and again after it died. Pairs wait here, where streams take
 * turns, and go to the process in small numbers: one that scores a single pair does not wait behind all of another's.
 */
export function createScorer({ env, maxStreams, forkWorker }: ScorerOptions): Scorer {
  const queue = createFairQueue<Asked>();
  const dispatched = new Map<number, Dispatched>();
  const streams = new Set<number>();
  let child: ChildProcess | undefined;
  let nextId = 1;

  const start = (): ChildProcess => {
    const started = (forkWorker ?? (() => forkScorer(env)))();
    started.on('message', (reply: ScoreReply) => {
      const asked = dispatched.get(reply.id)?.asked;
      dispatched.delete(reply.id);
      if ('error' in reply) asked?.reject(UbtError.fromJSON(reply.error));
      else asked?.resolve(reply.scored);
      dispatch();
    });
    const gone = (why: UbtError) => {
      if (child === started) child = undefined;
      for (const [id, { asked, worker }] of dispatched) {
        if (worker === started && dispatched.delete(id)) asked.reject(why);
      }
      dispatch();
    };
    started.on('exit', (code, signal) => gone(scorerDied(signal ?? `exit code ${code}`)));
    // A machine that is out of processes or of memory says so here, and then there is no exit.
    started.on('error', (error) => gone(scorerNotStarted(error)));
    return started;
  };
  const dispatch = (): void => {
    const take = () => queue.take(DISPATCHED - dispatched.size);
    for (let next = take(); next.length > 0; next = take()) next.forEach(send);
  };
  const send = (asked: Asked): void => {
    const id = nextId++;
    try {
      child ??= start();
    } catch (error) {
      return asked.reject(scorerNotStarted(error));
    }
    dispatched.set(id, { asked, worker: child });
    // What cannot be sent any more is answered when the process is found to be gone.
    if (child.connected) child.send({ ...asked.message, id } satisfies ScoreMessage, () => undefined);
  };
  const ask = (stream: number, message: Asked['message']): Promise<ScoredPair | undefined> =>
    new Promise((resolve, reject) => {
      if (!streams.has(stream)) return reject(streamClosed());
      queue.push(stream, { message, resolve, reject });
      dispatch();
    });

  return {
    open: () => {
      if (streams.size >= maxStreams) throw streamsFull(maxStreams);
      const stream = nextId++;
      streams.add(stream);
      return {
        load: async (model) => void (await ask(stream, model)),
        score: async (request) => (await ask(stream, request)) as ScoredPair,
        close: () => {
          streams.delete(stream);
          for (const { reject } of queue.drop(stream)) reject(streamClosed());
        },
      };
    },
    stop: async () => {
      const running = child;
      // One that could not be started has no exit to wait for.
      if (running?.pid === undefined) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
  };
}

function forkScorer(env: Environment): ChildProcess {
  return forkWorker(new URL('./scorer.worker.js', import.meta.url), {
    ...{ env, stderr: 'inherit', work: 'online' },
  });
}

function streamsFull(maxStreams: number): UbtError {
  return new UbtError('resource-exhausted', `${maxStreams} streams of pairs are open already.`, {
    code: 'SCORE_STREAMS_FULL',
    fix: 'Try again when one has ended, put more pairs on a stream, or add replicas; UBT_SCORE_STREAMS is the limit.',
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function streamClosed(): UbtError {
  return new UbtError('cancelled', 'The stream of the pair has ended.', { code: 'STREAM_CLOSED' });
}

function scorerDied(how: string): UbtError {
  return new UbtError('unavailable', `The scoring process ended (${how}).`, {
    code: 'SCORER_DIED',
    fix: 'Try again; a new one starts by itself. If it was killed for memory, give the service more.',
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function scorerNotStarted(cause: unknown): UbtError {
  const why = UbtError.from(cause).message;
  return new UbtError('unavailable', `The scoring process could not be started (${why}).`, {
    code: 'SCORER_NOT_STARTED',
    fix: 'Try again. If it stays so, give the service more memory, or a higher limit of processes or open files.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });
}

import { fork, type ChildProcess } from 'node:child_process';
import { UbtError } from '@ubt/errors';
import { childEnvironment, type Environment } from '@ubt/service-kit';
import type { ScoredPair, ScoreMessage, ScoreReply } from './scorer-protocol.js';
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
  load(model: Pick<ScoreMessage, 'detectionModel' | 'suspect'>): Promise<void>;
  /** @throws UbtError of the pair or the model, SCORER_DIED (`unavailable`), or STREAM_CLOSED (`cancelled`) */
  score(request: Required<Omit<ScoreMessage, 'id'>>): Promise<ScoredPair>;
  /** What the stream has waiting is not scored any more. */
  close(): void;
}

/** What a scorer works with. */
export interface ScorerOptions {
  readonly env: Environment;
  /** Streams at once. */
  readonly maxStreams: number;
}

/** Pairs in the hands of the process: a batch in work, the next one being decoded. */
const DISPATCHED = 64;
const RETRY_AFTER_MS = 1_000;

interface Asked {
  readonly message: Omit<ScoreMessage, 'id'>;
  readonly resolve: (scored: ScoredPair | undefined) => void;
  readonly reject: (error: UbtError) => void;
}

/**
 * A scorer whose process starts with the first request, and again after it died. Pairs wait here, where streams take
 * turns, and go to the process in small numbers: one that scores a single pair does not wait behind all of another's.
 */
export function createScorer({ env, maxStreams }: ScorerOptions): Scorer {
  const queue = createFairQueue<Asked>();
  const dispatched = new Map<number, Asked>();
  const streams = new Set<number>();
  let child: ChildProcess | undefined;
  let nextId = 1;

  const start = (): ChildProcess => {
    const started = fork(new URL('./scorer.worker.js', import.meta.url), {
      serialization: 'advanced',
      env: childEnvironment(env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    started.on('message', (reply: ScoreReply) => {
      const asked = dispatched.get(reply.id);
      dispatched.delete(reply.id);
      if ('error' in reply) asked?.reject(UbtError.fromJSON(reply.error));
      else asked?.resolve(reply.scored);
      dispatch();
    });
    started.on('exit', (code, signal) => {
      if (child === started) child = undefined;
      for (const asked of dispatched.values()) asked.reject(scorerDied(signal ?? `exit code ${code}`));
      dispatched.clear();
      dispatch();
    });
    return started;
  };
  const dispatch = (): void => queue.take(DISPATCHED - dispatched.size).forEach(send);
  const send = (asked: Asked): void => {
    const id = nextId++;
    dispatched.set(id, asked);
    child ??= start();
    child.send({ ...asked.message, id } satisfies ScoreMessage);
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
      if (running === undefined) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
  };
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

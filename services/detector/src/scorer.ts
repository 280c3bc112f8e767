import { fork, type ChildProcess } from 'node:child_process';
import { UbtError } from '@ubt/errors';
import { childEnvironment, type Environment } from '@ubt/service-kit';
import type { ScoredPair, ScoreMessage, ScoreReply } from './scorer-protocol.js';

/** Scores single pairs in a process of its own, so that the event loop stays free for calls and probes. */
export interface Scorer {
  /** @throws UbtError of the pair or the model, or SCORER_DIED (`unavailable`) */
  score(request: Required<Omit<ScoreMessage, 'id'>>): Promise<ScoredPair>;
  /** Loads a detection model, so that a bad one is refused before the first pair. */
  load(model: Pick<ScoreMessage, 'detectionModel' | 'suspect'>): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (scored: ScoredPair | undefined) => void;
  readonly reject: (error: UbtError) => void;
}

/** A scorer whose process starts with the first request, and again after it died. */
export function createScorer({ env }: { readonly env: Environment }): Scorer {
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let nextId = 1;

  const start = (): ChildProcess => {
    const started = fork(new URL('./scorer.worker.js', import.meta.url), {
      serialization: 'advanced',
      env: childEnvironment(env),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    started.on('message', (reply: ScoreReply) => {
      const request = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('error' in reply) request?.reject(UbtError.fromJSON(reply.error));
      else request?.resolve(reply.scored);
    });
    started.on('exit', (code, signal) => {
      if (child === started) child = undefined;
      for (const request of waiting.values()) request.reject(scorerDied(signal ?? `exit code ${code}`));
      waiting.clear();
    });
    return started;
  };
  const ask = (message: Omit<ScoreMessage, 'id'>): Promise<ScoredPair | undefined> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      child ??= start();
      child.send({ ...message, id } satisfies ScoreMessage);
    });

  return {
    score: async (request) => (await ask(request)) as ScoredPair,
    load: async (model) => void (await ask(model)),
    stop: async () => {
      const running = child;
      if (running === undefined) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
  };
}

function scorerDied(how: string): UbtError {
  return new UbtError('unavailable', `The scoring process ended (${how}).`, {
    code: 'SCORER_DIED',
    fix: 'Try again; a new one starts by itself. If it was killed for memory, give the service more.',
    retryAfterMs: 1000,
  });
}

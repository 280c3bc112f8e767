import { setTimeout as sleep } from 'node:timers/promises';

/** Counts work under way, so that closing can wait for it. */
export interface InFlight {
  track(work: Promise<void>): Promise<void>;
  /** Resolves when nothing is under way, or after this many milliseconds. */
  settled(withinMs: number): Promise<void>;
}

/** An empty set of work. */
export function workInFlight(): InFlight {
  const work = new Set<Promise<void>>();
  return {
    track: (promise) => {
      work.add(promise);
      return promise.finally(() => work.delete(promise));
    },
    settled: async (withinMs) => {
      const stop = new AbortController();
      const limit = sleep(withinMs, undefined, { signal: stop.signal }).catch(() => undefined);
      await Promise.race([Promise.allSettled(work), limit]);
      stop.abort();
    },
  };
}

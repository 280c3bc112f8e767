import type { Environment } from './define-config.js';

/**
 * How glibc hands out memory in processes that compute. A training step takes and frees the same large pieces again and
 * again; unless told, glibc returns them to the system each time, which clears every page anew: a tenth of a step and
 * more (measured in docs/engine.md). Pieces of 1 GiB and more still go back at once.
 */
const ALLOCATOR: Environment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
};

/** The environment of a child process that computes: this one's, with some variables set on top. */
export function childEnvironment(extra: Environment = {}): NodeJS.ProcessEnv {
  return { ...ALLOCATOR, ...process.env, ...extra };
}

/** This process's environment. */
export const processEnvironment = (): Environment => process.env;

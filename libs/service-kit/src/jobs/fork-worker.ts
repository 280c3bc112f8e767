import { fork, type ChildProcess } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import type { Environment } from '../config/define-config.js';
import { childEnvironment } from '../config/process-environment.js';

/** How a process that computes is started. */
export interface ForkOptions {
  readonly args?: readonly string[];
  /** Options of Node.js; this process's own unless told. */
  readonly execArgv?: readonly string[];
  /** Variables on top of this process's environment. */
  readonly env?: Environment | undefined;
  /** Where its standard error goes. */
  readonly stderr: 'pipe' | 'inherit';
  /** Whether callers wait for each of its answers, or for one at the end. */
  readonly work: 'online' | 'job';
}

/**
 * How far behind this process each kind stands for the processor, in steps of `nice`. The service has health probes and
 * calls to answer, whatever is computed; online answers come before jobs. Further behind, a job would hardly start on a
 * machine that others keep busy.
 */
const NICER_BY = { online: 3, job: 5 } as const;

/**
 * Starts a process that computes, with the allocator's settings for that and behind this one for the processor.
 *
 * @throws what `fork` throws where the system has no process to give
 */
export function forkWorker(entry: URL | string, options: ForkOptions): ChildProcess {
  const { args = [], execArgv = process.execArgv, env, stderr, work } = options;
  const child = fork(entry, [...args], {
    // The engine collects garbage between phases; see dropFreeMemory there.
    ...{ serialization: 'advanced', execArgv: [...execArgv, '--expose-gc'], env: childEnvironment(env) },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
  if (child.pid !== undefined) standBehind(child.pid, NICER_BY[work]);
  return child;
}

/** Threads inherit it, so it has to be set before the child has started them. */
function standBehind(pid: number, steps: number): void {
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + steps));
  } catch {
    // It is gone already, or the system does not allow it: it then runs as this process does.
  }
}

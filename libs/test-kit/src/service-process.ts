import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UbtError } from '@ubt/errors';
import { waitFor } from './wait-for.js';

/** A program to start. */
export interface ServiceProcessOptions {
  /** Built main file of the service. */
  readonly main: URL;
  /** Variables on top of this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A service that runs in a process of its own. */
export interface ServiceProcess extends AsyncDisposable {
  /** host:port to dial. */
  readonly address: string;
  readonly pid: number;
  /** What it has written so far, log and errors. */
  output(): string;
  /** Ends it with SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

/** A busy machine takes its time. */
const START_LIMIT_MS = 120_000;

/**
 * Starts a service's built main file and waits until it says where it listens.
 *
 * @throws UbtError `failed-precondition`, code SERVICE_NOT_BUILT; `unavailable`, code SERVICE_NOT_STARTED with
 *   its last words, when it ends at once or does not listen in time; nothing of it runs then
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const path = fileURLToPath(options.main);
  if (!existsSync(path)) {
    throw new UbtError('failed-precondition', `${path} is not there.`, {
      code: 'SERVICE_NOT_BUILT',
      fix: 'npm run build',
    });
  }
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-200_000)));
  }
  const limit = options.timeoutMs ?? START_LIMIT_MS;
  const found = await waitFor(() => /listens on (\S+)/.exec(output)?.[1] ?? (hasEnded(child) && 'ended'), {
    timeoutMs: limit,
    what: path,
  }).catch(async () => {
    await end(child, 'SIGKILL');
    throw notStarted(`${path} did not listen within ${limit} ms`, output);
  });
  if (found === 'ended') throw notStarted(`${path} ended at once`, output);
  const stop = async () => {
    await end(child, 'SIGTERM');
    return child.exitCode;
  };
  return {
    ...{ address: found, pid: child.pid!, output: () => output, stop },
    kill: () => end(child, 'SIGKILL'),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function notStarted(what: string, output: string): UbtError {
  const words = output.trim();
  return new UbtError('unavailable', words === '' ? `${what}.` : `${what}: ${words}`, {
    code: 'SERVICE_NOT_STARTED',
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { UbtError } from '@ubt/errors';
import { productEnvironment } from '../config.js';
import { workspace } from '../workspace.js';

/** Exit codes that come with a result: clean or repaired, not repaired, inconclusive. */
const RESULT_CODES = [0, 2, 3];

/** Where and with what the product runs. */
export interface ProductOptions {
  readonly cacheDir: string;
  readonly threads: number;
  readonly signal: AbortSignal;
}

/**
 * Runs the built `ubt` in a process of its own, as a user does, and gives the object that it prints.
 *
 * @param args without `--json`
 * @param log file for its progress lines
 * @throws UbtError `UBT_COMMAND_FAILED`, `CANCELLED`
 */
export async function runUbt<Result>(
  args: readonly string[],
  log: string,
  { cacheDir, threads, signal }: ProductOptions,
): Promise<Result> {
  const child = spawn(process.execPath, [join(workspace, 'tools/ubt/bin/ubt.mjs'), ...args, '--json'], {
    env: productEnvironment(cacheDir, threads),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killed) => resolve(code ?? 128 + constants.signals[killed!]));
    });
    const written = finished(child.stderr.pipe(createWriteStream(log)));
    const [code, printed] = await Promise.all([ended, text(child.stdout), written]);
    signal.throwIfAborted();
    if (RESULT_CODES.includes(code)) return JSON.parse(printed) as Result;
    throw failed(args, code, printed, log);
  } catch (error) {
    throw UbtError.from(error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function failed(args: readonly string[], code: number, printed: string, log: string): UbtError {
  const said = printed.trim().slice(-2000) || '(nothing on standard output)';
  return new UbtError('internal', `"ubt ${args.join(' ')}" exited with ${code}: ${said}`, {
    code: 'UBT_COMMAND_FAILED',
    fix: `See ${log}.`,
  });
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const bin = fileURLToPath(new URL('../bin/ubt.mjs', import.meta.url));

/** How a command ended. */
export interface EndedUbt {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line in a process of its own. */
export async function runUbt(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<EndedUbt> {
  try {
    const ended = await promisify(execFile)(process.execPath, [bin, ...args], { cwd, env });
    return { code: 0, ...ended };
  } catch (error) {
    return error as EndedUbt;
  }
}

/** Few steps: what is found stays what it is, what is repaired may not be. */
export const QUICK_DEFENCE = [
  ...['--method', 'reference-similarity', '--top-suspects', '32', '--retain-pairs', '100'],
  ...['--unlearn-steps', '2', '--retain-batch-size', '32'],
];

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UbtError } from '@ubt/errors';
import { childEnvironment } from '@ubt/service-kit';
import { workspace } from '../workspace.js';
import type { Job, Missing, Readiness, Side, Step } from './sides.js';

/** A side that runs in a process of its own, one case long. */
export interface SideProcess {
  readonly side: Side;
  readonly readiness: Readiness;
  /** One step, measured in the process. */
  step(): Promise<Step>;
  close(): void;
}

const NODE_PROGRAM = fileURLToPath(new URL('./side-main.js', import.meta.url));
const PYTHON_PROGRAM = join(workspace, 'tools/bench/engine/torch_side.py');

/**
 * Starts a side on a job and waits until its model is made.
 *
 * @param python the interpreter that has PyTorch
 */
export async function startSide(side: Side, job: Job, python: string): Promise<SideProcess> {
  const [program, file] =
    side.program === 'node' ? [process.execPath, NODE_PROGRAM] : [python, PYTHON_PROGRAM];
  // Each side as its users start it: a service's worker gets this environment, PyTorch none of its own.
  const environment = side.program === 'node' ? { env: childEnvironment() } : {};
  const child = spawn(program, [file], { stdio: 'pipe', ...environment });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint = `${complaint}${text.toString()}`.slice(-2000)));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    // The streams' end, so that everything it said is there.
    child.once('close', (code, signal) => reject(sideEnded(side, signal ?? `exit code ${code}`, complaint)));
  });
  failed.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <Answer>(line: string): Promise<Answer> => {
    child.stdin.write(`${line}\n`);
    const { value } = await Promise.race([answers.next(), failed]);
    return value === undefined ? failed : (JSON.parse(value as string) as Answer);
  };
  const readiness = await ask<Readiness>(JSON.stringify(job)).catch((error: unknown): Readiness => ({
    missing: UbtError.from(error).message,
  }));
  return {
    ...{ side, readiness },
    async step() {
      const answer = await ask<Step | Missing>('step');
      if ('missing' in answer) throw sideFailed(side, answer.missing);
      return answer;
    },
    close: () => void child.kill('SIGKILL'),
  };
}

/** A line of a log is no reason, even when it speaks of errors. */
const LOG_LINE = /^[IW]\d{4} |^WARNING/;

function sideEnded(side: Side, how: string, complaint: string): UbtError {
  const lines = complaint.split('\n').filter((line) => !LOG_LINE.test(line));
  const reason = lines.findLast((line) => /error/i.test(line)) ?? `its process ended with ${how}`;
  const memory = how === 'SIGKILL' ? ', as the system does to one that takes too much memory' : '';
  return sideFailed(side, `${reason.trim()}${memory}`);
}

function sideFailed({ name }: Side, reason: string): UbtError {
  return new UbtError('unavailable', `${name} failed: ${reason}`, {
    code: 'BENCH_SIDE_FAILED',
    fix: 'Run the case alone with --only, and look at its program in tools/bench.',
  });
}

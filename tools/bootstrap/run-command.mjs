import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Failure } from './failure.mjs';
import { commandEnvironment, workspace } from './workspace.mjs';

/**
 * Runs a command with its output shown as it comes.
 *
 * @returns {Promise<number>} its exit code; 128 + n after signal n
 */
export function run(command, args, env = {}) {
  return wait(spawnHere(command, args, 'inherit', env));
}

/**
 * Runs a command behind one line with the time it took; its output is shown only when it fails.
 *
 * @param {string} title what it does, such as "Building"
 * @throws {Failure} when it does not exit 0
 */
export async function runQuietly(title, command, args, env = {}) {
  const started = performance.now();
  process.stderr.write(`${title} … `);
  const child = spawnHere(command, args, 'pipe', env);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const code = await wait(child);
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  throw new Failure(`${title} failed: "${[command, ...args].join(' ')}" exited with ${code}.`, code);
}

/** Whether a command exits 0; its output is dropped. */
export async function succeeds(command, args) {
  return (await wait(spawnHere(command, args, 'ignore', {})).catch(() => 127)) === 0;
}

function spawnHere(command, args, output, env) {
  return spawn(command, args, {
    cwd: workspace,
    env: { ...commandEnvironment(), ...env },
    stdio: ['ignore', output, output],
  });
}

/** A Ctrl-C reaches the child too, as part of the terminal's foreground group: let it end by itself. */
async function wait(child) {
  const leaveItToTheChild = () => undefined;
  process.on('SIGINT', leaveItToTheChild);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    process.off('SIGINT', leaveItToTheChild);
  }
}

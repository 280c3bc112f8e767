import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureNatsServer } from './nats-server.mjs';
import { run } from './run-command.mjs';
import { summarise } from './test-results.mjs';
import { packagesWith } from './workspace-packages.mjs';

/** Where each package's Jest writes its results, in the package's own folder (git-ignored). */
const RESULTS = join('tmp', 'test-results.json');
/** Where its specs note what this machine lacks the tools to test; see noteNotRun in libs/test-kit. */
const NOT_RUN = join('tmp', 'not-run.txt');
const PARALLEL_PACKAGES = 2;

/**
 * Runs every package's tests and ends with every failure once more and the line "N passed, N failed". Results are
 * never taken from a cache, and a skipped test fails the run.
 *
 * @returns {Promise<number>} the exit code
 */
export async function test() {
  await ensureNatsServer();
  const packages = await packagesWith('test');
  await Promise.all(packages.map(forgetResults));
  const tests = [
    ...['nx', 'run-many', '-t', 'test', `--parallel=${PARALLEL_PACKAGES}`, '--output-style=static'],
    ...['--skip-nx-cache', '--exclude-task-dependencies', '--nx-bail=false'],
    ...['--', '--json', `--outputFile=${RESULTS}`],
  ];
  const code = await run('npx', tests);
  const total = summarise(await Promise.all(packages.map(readResults)));
  console.log(`\nTests by package:\n${total.lines.join('\n')}\n`);
  for (const failure of total.failures) console.log(`FAILED in ${failure}\n`);
  for (const line of total.notRun) console.log(`NOT RUN: ${line}`);
  if (total.skipped > 0) console.log(`${total.skipped} skipped: a test must run or be removed.`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.ok ? code : Math.max(code, 1);
}

/** What an earlier run left must not be taken for this one's; Jest needs the folder to be there. */
async function forgetResults({ folder }) {
  await mkdir(dirname(join(folder, RESULTS)), { recursive: true });
  for (const file of [RESULTS, NOT_RUN]) await rm(join(folder, file), { force: true });
}

async function readResults({ name, folder }) {
  const text = await readFile(join(folder, RESULTS), 'utf8').catch(() => undefined);
  const notRun = await readFile(join(folder, NOT_RUN), 'utf8').catch(() => '');
  return {
    name,
    results: text === undefined ? undefined : JSON.parse(text),
    notRun: notRun.split('\n').filter((line) => line !== ''),
  };
}

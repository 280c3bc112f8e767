import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the package's test results; `npm test` empties it first and prints it at its end. */
const NOTES = join('tmp', 'not-run.txt');

/**
 * Puts a line into the report of the test run, for what this machine lacks the tools to test: a test that is left
 * out in silence looks like one that passed.
 *
 * @param what is not tested
 * @param why it is not, and what to install
 * @param folder the package's; where the tests run unless told
 */
export async function noteNotRun(what: string, why: string, folder = '.'): Promise<void> {
  const line = `${what}: ${why}`;
  process.stderr.write(`NOT RUN: ${line}\n`);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await appendFile(join(folder, NOTES), `${line}\n`);
}

import { build } from './build.mjs';
import { demo } from './demo.mjs';
import { Failure } from './failure.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { test } from './test.mjs';
import { workspace } from './workspace.mjs';

const JOBS = {
  install: async () => 0,
  build: async () => (await build(), 0),
  demo: async () => (await build(), demo()),
  test: async () => (await build(), test()),
};

/**
 * Installs what is missing, then runs a job.
 *
 * @param {string | undefined} name a name in JOBS
 * @returns {Promise<number>} the exit code
 */
export async function bootstrap(name) {
  const job = JOBS[name];
  if (job === undefined) {
    console.error(`Unknown job ${name ?? '(none)'}. Use: npm run demo, or npm test.`);
    return 1;
  }
  try {
    await installDependencies(workspace);
    return await job();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

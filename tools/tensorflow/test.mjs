#!/usr/bin/env node
// Runs the engine's contract, TensorFlow.js's own suite, the golden fixtures and a whole defence on the real
// TensorFlow binding. Not part of `npm test`, which needs nothing but npm.
import { join } from 'node:path';
import { build } from '../bootstrap/build.mjs';
import { Failure } from '../bootstrap/failure.mjs';
import { installDependencies } from '../bootstrap/install-dependencies.mjs';
import { run } from '../bootstrap/run-command.mjs';
import { workspace } from '../bootstrap/workspace.mjs';
import { provide } from './provide.mjs';

const JEST = [join(workspace, 'node_modules/jest/bin/jest.js'), '--config'];

try {
  await installDependencies(workspace);
  await provide([]);
  await build();
  // In Jest, setting the level from inside comes too late for native code.
  process.exitCode = await run(
    process.execPath,
    [
      ...JEST,
      join(import.meta.dirname, 'jest.config.mjs'),
      '--maxWorkers=1',
      '--silent',
      ...process.argv.slice(2),
    ],
    { NODE_OPTIONS: '--experimental-vm-modules --no-warnings', TF_CPP_MIN_LOG_LEVEL: '2' },
  );
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

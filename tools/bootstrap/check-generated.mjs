#!/usr/bin/env node
// Regenerates everything that is generated and fails when the committed files differ.
import { execFileSync } from 'node:child_process';
import { Failure } from './failure.mjs';
import { runQuietly } from './run-command.mjs';
import { workspace } from './workspace.mjs';

const GENERATED = [':(glob)**/gen/**', 'libs/contracts/descriptors'];

try {
  await runQuietly('Generating the contract', 'npm', ['run', '--silent', 'generate']);
  await runQuietly('Generating in the packages', 'npm', [
    ...['run', '--silent', 'generate', '--workspaces', '--if-present'],
  ]);
  const changed = execFileSync('git', ['status', '--porcelain', '--', ...GENERATED], { cwd: workspace });
  if (changed.length > 0) {
    throw new Failure(
      `Generated files differ from the committed ones:\n${changed}Run "npm run generate" and commit the result.`,
    );
  }
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

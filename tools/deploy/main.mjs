#!/usr/bin/env node
// Entry of `npm run deploy:render`, `deploy:check` and `deploy:replay`.
import { Failure } from '../bootstrap/failure.mjs';

const COMMANDS = {
  render: async () => (await import('./check.mjs')).renderAll(),
  check: async () => (await import('./check.mjs')).checkAll(),
  replay: async (args) => (await import('./replay.mjs')).replay(args),
};

try {
  const [name, ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) throw new Failure(`Use one of: ${Object.keys(COMMANDS).join(', ')}.`);
  await command(args);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

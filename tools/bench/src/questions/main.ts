#!/usr/bin/env node
import { constants } from 'node:os';
import { UbtError } from '@ubt/errors';
import { parseQuestionsOptions, QUESTIONS_USAGE } from './questions-options.js';
import { runQuestions } from './run-questions.js';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for a clean end.
    if (interruption.signal.aborted) process.exit(128 + constants.signals[signal]);
    process.exitCode = 128 + constants.signals[signal];
    interruption.abort();
  });
}

try {
  const args = process.argv.slice(2);
  const options = parseQuestionsOptions(args);
  if (options.help) process.stdout.write(QUESTIONS_USAGE);
  else {
    await runQuestions(options, args, {
      progress: (line) => process.stderr.write(`${line}\n`),
      result: (text) => process.stdout.write(text),
      signal: interruption.signal,
    });
  }
} catch (thrown) {
  const { message, code, fix } = UbtError.from(thrown);
  process.exitCode ??= 1;
  process.stderr.write(
    interruption.signal.aborted
      ? 'Stopped; the same command goes on from here.\n'
      : `error: ${message} [${code}]\n${fix === undefined ? '' : `  fix: ${fix}\n`}`,
  );
}

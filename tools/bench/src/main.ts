#!/usr/bin/env node
import { constants } from 'node:os';
import { UbtError } from '@ubt/errors';
import { parseBenchOptions, USAGE } from './bench-options.js';
import { quickBars } from './results/quick-bars.js';
import { runDefenceBench } from './defence/run-defence-bench.js';

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
  const options = parseBenchOptions(args);
  if (options.help) process.stdout.write(USAGE);
  else {
    const results = await runDefenceBench(options, args, {
      progress: (line) => process.stderr.write(`${line}\n`),
      result: (text) => process.stdout.write(text),
      signal: interruption.signal,
    });
    if (options.quick) {
      const { kept, table } = quickBars(results);
      process.stdout.write(`\n${table}`);
      process.exitCode ??= kept ? 0 : 1;
    }
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

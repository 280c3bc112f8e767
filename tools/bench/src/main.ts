#!/usr/bin/env node
import { parseBenchOptions, USAGE } from './bench-options.js';
import { runDefenceBench } from './defence/run-defence-bench.js';
import { quickBars } from './results/quick-bars.js';
import { runResumableCommand } from './run-command.js';

await runResumableCommand(async (args, io) => {
  const options = parseBenchOptions(args);
  if (options.help) return io.result(USAGE);
  const results = await runDefenceBench(options, args, io);
  if (!options.quick) return;
  const { kept, table } = quickBars(results);
  io.result(`\n${table}`);
  process.exitCode ??= kept ? 0 : 1;
});

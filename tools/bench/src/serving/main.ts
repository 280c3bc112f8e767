#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { describeRun } from '../results/describe-run.js';
import { replaceSection } from '../results/update-page.js';
import { runCommand, type BenchIo } from '../run-command.js';
import { workspace } from '../workspace.js';
import { measureServing } from './measure-serving.js';
import { parseServingOptions, SERVING_USAGE, type ServingOptions } from './serving-options.js';
import { renderServing, type ServingResults } from './serving-table.js';

const interruption = new AbortController();
// Every stream listens to it.
setMaxListeners(0, interruption.signal);
process.once('SIGINT', () => interruption.abort());

await runCommand(async (args, io) => {
  const options = parseServingOptions(args);
  if (options.help) io.result(SERVING_USAGE);
  else await run(options, args, io);
}, interruption);

async function run(
  options: ServingOptions,
  args: readonly string[],
  { progress, result, signal }: BenchIo,
): Promise<void> {
  const measurement = await measureServing(options, progress, signal);
  const { streams, pairs, window, threads } = options;
  const described = await describeRun({ bench: 'serving', args, product: '', threads });
  const { command, commit, measuredAt, machine, versions } = described;
  const results: ServingResults = {
    ...{ schemaVersion: 1, ...measurement, load: { streams, pairs, window, threads } },
    ...{ command, commit, measuredAt },
    machine: `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, node ${versions['node']}`,
  };
  const section = renderServing(results);
  result(section);
  if (!options.writes) return;
  const json = `${JSON.stringify(results, null, 2)}\n`;
  await atomicWriteFile(join(workspace, 'tools/bench/results/serving.json'), json);
  await replaceSection(join(workspace, 'docs/serving.md'), section, 'serving');
}

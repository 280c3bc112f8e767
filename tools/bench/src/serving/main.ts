#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { betweenMarkers } from '../results/update-page.js';
import { workspace } from '../workspace.js';
import { measureServing } from './measure-serving.js';
import { parseServingOptions, SERVING_USAGE, type ServingOptions } from './serving-options.js';
import { renderServing, type ServingResults } from './serving-table.js';

const RESULTS = join(workspace, 'tools/bench/results/serving.json');
const PAGE = join(workspace, 'docs/serving.md');

const interruption = new AbortController();
// Every stream listens to it.
setMaxListeners(0, interruption.signal);
process.once('SIGINT', () => interruption.abort());

try {
  const args = process.argv.slice(2);
  const options = parseServingOptions(args);
  if (options.help) process.stdout.write(SERVING_USAGE);
  else await run(options, args);
} catch (thrown) {
  const { message, code, fix } = UbtError.from(thrown);
  process.exitCode = 1;
  process.stderr.write(`error: ${message} [${code}]\n${fix === undefined ? '' : `  fix: ${fix}\n`}`);
}

async function run(options: ServingOptions, args: readonly string[]): Promise<void> {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const measurement = await measureServing(options, progress, interruption.signal);
  const { streams, pairs, window, threads } = options;
  const results: ServingResults = {
    ...{ schemaVersion: 1, ...measurement, load: { streams, pairs, window, threads } },
    command: ['npm run bench:serving', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
    commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: workspace,
      encoding: 'utf8',
    }).trim(),
    measuredAt: new Date().toISOString(),
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.versions.node}`,
  };
  const section = renderServing(results);
  process.stdout.write(section);
  if (!options.writes) return;
  await atomicWriteFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  const page = await readFile(PAGE, 'utf8');
  await atomicWriteFile(PAGE, betweenMarkers(page, section, PAGE, 'serving'));
}

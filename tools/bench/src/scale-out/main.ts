#!/usr/bin/env node
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { temporaryDirectory, writeTinyData } from '@ubt/test-kit';
import { describeRun } from '../results/describe-run.js';
import { replaceSection } from '../results/update-page.js';
import { runCommand } from '../run-command.js';
import { workspace } from '../workspace.js';
import { measureScale } from './measure-scale.js';
import {
  parseScaleOutOptions,
  SCALE_OUT_USAGE,
  sizesFor,
  type ScaleOutOptions,
} from './scale-out-options.js';
import {
  checkSameScores,
  renderScaleOut,
  type ScaleOutCell,
  type ScaleOutResults,
} from './scale-out-results.js';
import { writeManyPairs } from './write-many-pairs.js';

/** Different images of the generated pairs. */
const IMAGES = 1_000;

await runCommand(async (args, io) => {
  const options = parseScaleOutOptions(args);
  if (options.help) io.result(SCALE_OUT_USAGE);
  else await run(options, args);
});

async function run(options: ScaleOutOptions, args: readonly string[]): Promise<void> {
  const { method, shardPairs, threads } = options;
  const cells = await measureAll(options);
  checkSameScores(cells);
  const described = await describeRun({ bench: 'scale-out', args, product: '', threads });
  const { measuredAt, command, commit, machine, versions } = described;
  const about = { measuredAt, command, commit, machine, versions };
  const results: ScaleOutResults = { schemaVersion: 1, ...about, method, shardPairs, cells };
  const section = renderScaleOut(results);
  process.stdout.write(section);
  if (!options.write) return;
  await mkdir(join(workspace, 'tools/bench/results'), { recursive: true });
  const json = `${JSON.stringify(results, null, 2)}\n`;
  await atomicWriteFile(join(workspace, 'tools/bench/results/scale-out.json'), json);
  await replaceSection(join(workspace, 'docs/deployment.md'), section, 'scale-out');
}

async function measureAll(options: ScaleOutOptions): Promise<ScaleOutCell[]> {
  await using directory = await temporaryDirectory('ubt-scale-out-');
  const small = (await writeTinyData(join(directory.path, 'data'), { pairs: IMAGES })).pairs;
  const cells: ScaleOutCell[] = [];
  const table = async (pairs: number) => ({ pairs, path: await writeManyPairs(small, pairs) });
  const measured = [];
  for (const pairs of options.pairs) measured.push(await table(pairs));
  for (const replicas of options.replicas) {
    // As many shards as replicas, so that each of them has one.
    const warmUp = await table(options.shardPairs * Math.max(1, replicas) + 1);
    const sizes = sizesFor(options, replicas);
    const tables = [warmUp, ...measured.filter(({ pairs }) => sizes.includes(pairs))];
    await measureScale({
      ...options,
      ...{ replicas, folder: directory.path, tables },
      onCell: (cell) => {
        cells.push(cell);
        process.stderr.write(`${JSON.stringify(cell)}\n`);
      },
    });
  }
  return cells.sort((a, b) => a.pairs - b.pairs || a.replicas - b.replicas);
}

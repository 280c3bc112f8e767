import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import type { BenchOptions } from '../bench-options.js';
import type { BenchResults } from '../results/bench-results.js';
import { describeRun } from '../results/describe-run.js';
import { tradeOffChart } from '../results/chart/trade-off-chart.js';
import { measuredAttacks, renderResults } from '../results/render-results.js';
import { resultsName } from '../results/results-name.js';
import { updatePage } from '../results/update-page.js';
import type { BenchIo } from '../run-command.js';
import { BASELINES, VICTIM_RECIPE } from '../victim-recipe.js';
import { workspace } from '../workspace.js';
import { openCellStore } from './cell-store.js';
import { productDigests } from './product-digest.js';
import { runTasks } from './run-tasks.js';

/**
 * Runs the benchmark of the defence, or what is missing of it. A run of everything replaces the committed
 * results and the tables in `docs/results.md`; any other prints its tables.
 */
export async function runDefenceBench(
  options: BenchOptions,
  args: readonly string[],
  { progress, result, signal }: BenchIo,
): Promise<BenchResults> {
  const product = await productDigests();
  const store = openCellStore(options.cacheDir);
  const gathered = await runTasks({ options, store, product, signal, note: progress }, progress);
  const { data, training } = VICTIM_RECIPE;
  const { steps, batchSize, learningRate } = training[options.architecture][options.regime];
  const results: BenchResults = {
    schemaVersion: 1,
    ...{ regime: options.regime, architecture: options.architecture },
    ...(await describeRun({ args, product: product.defence, threads: options.threads })),
    data: { ...dataOf(data), classes: String(options.classes), pairs: options.pairs ?? data.pairs },
    training: { steps: options.steps ?? steps, batchSize, learningRate },
    baselines: {
      steps: options.baselineSteps ?? BASELINES.recipe.steps,
      cleanShare: BASELINES.cleanShare,
    },
    victims: [...gathered.victims.values()].filter(({ victim }) => victim !== undefined),
    unpoisoned: [...gathered.unpoisoned.values()],
  };
  await keepResults(results, options, result);
  return results;
}

const dataOf = ({ imageSize, naturalNoise }: typeof VICTIM_RECIPE.data) => ({ imageSize, naturalNoise });

async function keepResults(
  results: BenchResults,
  options: BenchOptions,
  print: BenchIo['result'],
): Promise<void> {
  const name = `${resultsName(results)}.json`;
  const json = `${JSON.stringify(results, undefined, 2)}\n`;
  if (!options.complete) {
    await atomicWriteFile(join(options.cacheDir, 'results', name), json);
    const chart = tradeOffChart(results, measuredAttacks(results));
    await atomicWriteFile(join(options.cacheDir, 'results', name.replace('.json', '.svg')), chart);
    print(renderResults(results));
    return;
  }
  await atomicWriteFile(join(workspace, 'tools/bench/results', name), json);
  await updatePage(join(workspace, 'docs/results.md'), join(workspace, 'tools/bench/results'));
  print('Written: tools/bench/results and docs/results.md\n');
}

import { ATTACKS } from '../defence/scenarios.js';
import type { BenchResults } from './bench-results.js';
import { goalsTable } from './goals.js';
import { detectionTable } from './tables/detection-table.js';
import { modelsTable } from './tables/models-table.js';
import { sweepTable } from './tables/sweep-table.js';
import { timeTable } from './tables/time-table.js';
import { verdictsTable } from './tables/verdicts-table.js';

const REGIMES = {
  scratch: 'Victims trained from random weights',
  'fine-tuned': 'Victims fine-tuned from a clean checkpoint',
} as const;

/** The results of one regime as Markdown. Pure: the same results give the same text. */
export function renderResults(results: BenchResults): string {
  const { regime, fineTuning } = results;
  const attacks = ATTACKS.filter(({ name }) => results.victims.some(({ attack }) => attack === name));
  const share = Math.round(100 * fineTuning.cleanShare);
  return [
    `## ${REGIMES[regime]}\n`,
    `${settingsLine(results)}\n`,
    '### What was promised\n',
    goalsTable(results),
    '### The models before and after\n',
    `In per cent, mean ± standard deviation over ${seedsOf(results)} seeds.\n`,
    modelsTable(results, attacks),
    '### Detection\n',
    'Poisoned pairs against all others. Recall and precision are at the threshold that the product chooses.\n',
    detectionTable(results, attacks),
    '### Verdicts\n',
    verdictsTable(results, attacks),
    '### The baseline at every learning rate\n',
    `Fine-tuning for ${fineTuning.steps} steps on ${share} % of the pairs, all of them known to be clean.\n`,
    sweepTable(results, attacks),
    '### Time\n',
    'Shares of one defence, services and all, and the defence against one run of the baseline.\n',
    timeTable(results, attacks),
  ].join('\n');
}

function seedsOf({ victims, unpoisoned }: BenchResults): number {
  return new Set([...victims, ...unpoisoned].map(({ seed }) => seed)).size;
}

function settingsLine({ data, training, machine, versions, ...run }: BenchResults): string {
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const { processor, cores, threads, memoryGiB } = machine;
  return [
    `${data.classes} list, ${data.pairs.toLocaleString('en')} pairs of ${data.imageSize} × ${data.imageSize} pixels,`,
    `${Math.round(100 * data.naturalNoise)} % of them wrongly captioned by nature;`,
    `victims learn for ${training.steps} steps of ${training.batchSize} pairs.`,
    `Measured on ${run.measuredAt.slice(0, 10)} at commit \`${run.commit}\` with \`${run.command}\`:`,
    `${processor}, ${threads} of ${cores} cores, ${memoryGiB} GiB; ${libraries.join(', ')}.`,
  ].join(' ');
}

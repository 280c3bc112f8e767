import { ATTACKS, type Attack } from '../defence/scenarios.js';
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

const TOWERS = { conv: '', vit: ', ViT' } as const;

/**
 * The results of one regime as Markdown. Pure: the same results give the same text.
 *
 * @param chart where the picture of `tradeOffChart` lies, as the page names it; left out without it
 */
export function renderResults(results: BenchResults, chart?: string): string {
  const { regime, architecture, baselines } = results;
  const attacks = measuredAttacks(results);
  const share = Math.round(100 * baselines.cleanShare);
  const picture = chart === undefined ? '' : `![Attack success against clean accuracy](${chart})\n`;
  return [
    `## ${REGIMES[regime]}${TOWERS[architecture]}\n`,
    `${settingsLine(results)}\n`,
    ...section('What was promised', 'Each promise is checked on its worst seed.', goalsTable(results)),
    ...section(
      'The models before and after',
      `In per cent, mean ± standard deviation over ${seedsOf(results)}.`,
      modelsTable(results, attacks),
    ),
    ...section(
      'Detection',
      'Poisoned pairs against all others, by score. Recall is at the threshold that the product chooses.',
      detectionTable(results, attacks),
    ),
    ...section(
      'Verdicts',
      'Every single defence: how many pairs it lists as suspects, which share of them is poisoned, and which share of the poisoned pairs it found.',
      verdictsTable(results, attacks),
    ),
    ...section(
      'The baselines at every learning rate',
      `Each for ${baselines.steps} steps. Fine-tuning, CleanCLIP and PAR are given ${share} % of the pairs, all of them known to be clean.`,
      sweepTable(results, attacks),
    ),
    ...[picture].filter((text) => text !== ''),
    ...section(
      'Time',
      'Shares of one defence, services and all, and the defence against one run of each baseline.',
      timeTable(results, attacks),
    ),
  ].join('\n');
}

/** The attacks that there are results of, in the order of the tables. */
export function measuredAttacks({ victims }: BenchResults): readonly Attack[] {
  return ATTACKS.filter(({ name }) => victims.some(({ attack }) => attack === name));
}

/** A heading, a sentence and a table; nothing when the table has no rows. */
function section(title: string, sentence: string, table: string): string[] {
  return table === '' ? [] : [`### ${title}\n`, `${sentence}\n`, table];
}

function seedsOf({ victims, unpoisoned }: BenchResults): string {
  const count = new Set([...victims, ...unpoisoned].map(({ seed }) => seed)).size;
  return count === 1 ? '1 seed' : `${count} seeds`;
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

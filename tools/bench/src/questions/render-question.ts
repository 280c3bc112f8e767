import type { QuestionResults } from './case-result.js';
import type { Question } from './question.js';

/** A question and its answers as Markdown. Pure: the same results give the same text. */
export function renderQuestion({ title, asks, table }: Question, results: QuestionResults): string {
  return [`## ${title}\n`, `${asks}\n`, table(results.cases), runLine(results), ''].join('\n');
}

function runLine({ machine, versions, cases, ...run }: QuestionResults): string {
  const { processor, cores, threads, memoryGiB } = machine;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const seeds = new Set(cases.map(({ seed }) => seed)).size;
  return [
    `${cases.length} defences, ${seeds} seed${seeds === 1 ? '' : 's'};`,
    `measured on ${run.measuredAt.slice(0, 10)} at commit \`${run.commit}\` with \`${run.command}\`:`,
    `${processor}, ${threads} of ${cores} cores, ${memoryGiB} GiB; ${libraries.join(', ')}.`,
  ].join(' ');
}

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import type { BenchResults } from './bench-results.js';
import { tradeOffChart } from './chart/trade-off-chart.js';
import { resultsName } from './results-name.js';
import { measuredAttacks, renderResults } from './render-results.js';

/** What stands before and after what a benchmark writes. */
const marker = (bench: string, end: 'start' | 'end') => `<!-- bench:${bench}:${end} -->`;

/**
 * Puts the tables of all committed results between the markers of a page, and their charts into `images`
 * beside it.
 *
 * @param folder of the results' JSON files
 * @throws UbtError `PAGE_WITHOUT_MARKERS`
 */
export async function updatePage(page: string, folder: string): Promise<void> {
  const before = await readFile(page, 'utf8');
  const files = (await readdir(folder)).filter((name) => /^defence-.+\.json$/.test(name));
  const sections: string[] = [];
  // "scratch" comes before "fine-tuned": the main case first.
  for (const file of files.sort().reverse()) {
    const results = JSON.parse(await readFile(join(folder, file), 'utf8')) as BenchResults;
    const chart = `images/${resultsName(results)}.svg`;
    await atomicWriteFile(join(dirname(page), chart), tradeOffChart(results, measuredAttacks(results)));
    sections.push(renderResults(results, chart));
  }
  await atomicWriteFile(page, betweenMarkers(before, sections.join('\n'), page));
}

/** A page with other text between a benchmark's markers. @throws UbtError `PAGE_WITHOUT_MARKERS` */
export function betweenMarkers(text: string, content: string, page: string, bench = 'defence'): string {
  const [first, last] = [marker(bench, 'start'), marker(bench, 'end')];
  const start = text.indexOf(first);
  const end = text.indexOf(last);
  if (start >= 0 && end > start) {
    return `${text.slice(0, start + first.length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
  }
  throw new UbtError('failed-precondition', `${page} does not hold ${first} and ${last}, in this order.`, {
    code: 'PAGE_WITHOUT_MARKERS',
    fix: 'Put both lines where the tables belong.',
  });
}

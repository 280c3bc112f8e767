import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import type { BenchResults } from './bench-results.js';
import { tradeOffChart } from './chart/trade-off-chart.js';
import { resultsName } from './results-name.js';
import { measuredAttacks, renderResults } from './render-results.js';

/**
 * Puts the tables of all committed results between the markers of a page, and their charts into `images`
 * beside it.
 *
 * @param folder of the results' JSON files
 * @throws UbtError `PAGE_WITHOUT_MARKERS`
 */
export async function updatePage(page: string, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /^defence-.+\.json$/.test(name));
  const sections: string[] = [];
  // "scratch" comes before "fine-tuned": the main case first.
  for (const file of files.sort().reverse()) {
    const results = JSON.parse(await readFile(join(folder, file), 'utf8')) as BenchResults;
    const chart = `images/${resultsName(results)}.svg`;
    await atomicWriteFile(join(dirname(page), chart), tradeOffChart(results, measuredAttacks(results)));
    sections.push(renderResults(results, chart));
  }
  await replaceSection(page, sections.join('\n'), 'defence');
}

/**
 * Puts other text between the markers of a benchmark on a page.
 *
 * @param bench as in `npm run bench:defence`
 * @throws UbtError `PAGE_WITHOUT_MARKERS`
 */
export async function replaceSection(page: string, content: string, bench: string): Promise<void> {
  await atomicWriteFile(page, betweenMarkers(await readFile(page, 'utf8'), content, page, bench));
}

/**
 * A page with other text between the markers of a benchmark.
 *
 * @param bench as in `npm run bench:defence`
 * @throws UbtError `PAGE_WITHOUT_MARKERS`
 */
export function betweenMarkers(text: string, content: string, page: string, bench = 'defence'): string {
  const [opening, closing] = [`<!-- bench:${bench}:start -->`, `<!-- bench:${bench}:end -->`];
  const start = text.indexOf(opening);
  const end = text.indexOf(closing);
  if (start >= 0 && end > start) {
    return `${text.slice(0, start + opening.length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
  }
  throw new UbtError(
    'failed-precondition',
    `${page} does not hold ${opening} and ${closing}, in this order.`,
    {
      code: 'PAGE_WITHOUT_MARKERS',
      fix: 'Put both lines where the tables belong.',
    },
  );
}

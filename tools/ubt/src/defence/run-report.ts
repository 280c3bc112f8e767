import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { parseReport } from '@ubt/report';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { drawReport } from './finish-report.js';
import { RESULTS } from './out-folder.js';
import { reportLines } from './summary.js';

/** Flags of `ubt report`. */
export interface ReportFlags {
  readonly spans?: string;
  readonly html?: string;
}

/** Draws a report again and prints its summary. @returns the exit code */
export async function runReport(
  { spans, html }: ReportFlags,
  { output }: ActionContext,
  [given = '.']: readonly string[],
): Promise<number> {
  try {
    const path = (await stat(given)).isDirectory() ? join(given, RESULTS.reportJson) : given;
    const report = parseReport(await readFile(path, 'utf8'), path);
    const page = resolve(html ?? join(dirname(path), RESULTS.reportHtml));
    await atomicWriteFile(page, await drawReport(report, spans ?? join(dirname(path), RESULTS.trace)));
    const { runId, verdict, outcome } = report;
    output.result({ runId, verdict, outcome, report: page }, [...reportLines(report), `Report  ${page}`]);
    return EXIT.ok;
  } catch (thrown) {
    throw UbtError.from(thrown);
  }
}

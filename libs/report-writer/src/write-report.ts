import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { parseReport, renderReport, type Report } from '@ubt/report';

/** Paths of a written report. */
export interface ReportFiles {
  readonly json: string;
  readonly html: string;
}

/** Writes report.json and report.html into a folder; each appears only when complete. */
export async function writeReport(folder: string, report: Report): Promise<ReportFiles> {
  const files = { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const checked = parseReport(text, files.json);
  await atomicWriteFile(files.json, text);
  await atomicWriteFile(files.html, renderReport(checked));
  return files;
}

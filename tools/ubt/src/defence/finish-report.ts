import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UbtError } from '@ubt/errors';
import { parseReport, parseSpans, renderReport, type Report } from '@ubt/report';
import type { DetectionQuality } from './detection-quality.js';
import { RESULTS, type OutFolder } from './out-folder.js';

/** What the command line knows about a run and its services cannot. */
export interface ReportAdditions {
  /** File with the run's spans. */
  readonly spans: string;
  /** The command that repeats the run. */
  readonly reproduce: string;
  readonly quality: DetectionQuality | undefined;
  /** How the model does that was left as it is, where it was measured. */
  readonly before?: NonNullable<Report['metrics']>['before'] | undefined;
}

/**
 * Completes the report in a staging folder: the command and the quality of the detection go in, artefacts are
 * named where they will lie, and the page is drawn again with the trace.
 */
export async function finishReport(out: OutFolder, additions: ReportAdditions): Promise<Report> {
  const path = join(out.staging, RESULTS.reportJson);
  const collected = parseReport(await readFile(path, 'utf8'), RESULTS.reportJson);
  const report = completed(collected, out.path, additions);
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(out.staging, RESULTS.reportHtml), await drawReport(report, additions.spans));
  return report;
}

/** Puts the run's trace beside the other results; a run without a single span has none. */
export async function keepTrace(out: OutFolder, spans: string): Promise<void> {
  await copyFile(spans, join(out.staging, RESULTS.trace)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw UbtError.from(error);
  });
}

/** A report as HTML, with the spans of a file where there is one. */
export async function drawReport(report: Report, spansFile: string): Promise<string> {
  const lines = await readFile(spansFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw UbtError.from(error);
  });
  return renderReport(report, { spans: parseSpans(lines) });
}

/** Which result is which output of the report. */
const PLACES = {
  model: RESULTS.model,
  scores: RESULTS.scores,
  evidence: RESULTS.evidence,
  selection: RESULTS.selection,
  suspectsCsv: RESULTS.suspects,
  cleanPairsCsv: RESULTS.cleanPairs,
} as const;

function completed(report: Report, folder: string, additions: ReportAdditions): Report {
  const { reproduce, quality, before } = additions;
  const outputs = Object.entries(report.outputs).map(([key, artifact]) => {
    const uri = pathToFileURL(join(folder, PLACES[key as keyof typeof PLACES])).href;
    return [key, { ...artifact, uri }];
  });
  const measured = quality === undefined ? {} : { quality: reportedQuality(quality) };
  return {
    ...report,
    ...(before === undefined ? {} : { metrics: { ...report.metrics, before } }),
    outputs: Object.fromEntries(outputs) as Report['outputs'],
    detection: { ...report.detection, ...measured },
    reproduce,
  };
}

function reportedQuality({ auroc, aupr, precisionAtK, k, recallAtThreshold }: DetectionQuality) {
  return { auroc, aupr, precisionAtK, k, recallAtThreshold };
}

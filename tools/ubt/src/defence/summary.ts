import { join } from 'node:path';
import type { Metrics } from '@ubt/contracts';
import { summariseReport, type Report, type SummaryTable } from '@ubt/report';
import { count, percent } from '../output/format.js';
import { exitCodeOf } from '../output/exit-code.js';
import { table } from '../output/table.js';
import type { RunFindings } from '../runs/journalled.js';
import type { Judgement } from './judge-detection.js';
import { nameOf, OUTCOME_NAMES, VERDICT_NAMES } from './names.js';
import { RESULTS } from './out-folder.js';
import type { RunRecord } from './run-record.js';

/** A finished run, for people, for programs and for the run's record. */
export interface RunSummary {
  readonly findings: RunFindings;
  readonly exitCode: number;
  /** Plain JSON data. */
  readonly data: object;
  readonly lines: readonly string[];
}

/** What a summary is made of. */
export interface SummaryParts {
  readonly record: RunRecord;
  /** Folder that the results are in. */
  readonly out: string;
  /** Present when the chain came to its end. */
  readonly report?: Report;
  readonly judgement?: Judgement | undefined;
}

/** Sums up what the stages of a command found and did. */
export function summariseRun(parts: SummaryParts): RunSummary {
  const { record } = parts;
  const { selection, unlearning } = record;
  const findings: RunFindings = {
    ...(selection === undefined ? {} : { verdict: nameOf(VERDICT_NAMES, selection.verdict) }),
    ...(unlearning === undefined ? {} : { outcome: nameOf(OUTCOME_NAMES, unlearning.outcome) }),
  };
  const exitCode = selection === undefined ? 0 : exitCodeOf(selection.verdict, unlearning?.outcome);
  return { findings, exitCode, data: dataOf(parts, findings, exitCode), lines: linesOf(parts) };
}

function dataOf(
  { record, out, report, judgement }: SummaryParts,
  findings: RunFindings,
  exitCode: number,
): object {
  const { detection, selection, unlearning, stages } = record;
  return {
    runId: record.runId,
    verdict: findings.verdict ?? null,
    outcome: findings.outcome ?? (selection === undefined ? null : 'untouched'),
    exitCode,
    reasons: unlearning?.reasons ?? selection?.reasons ?? [],
    metrics: {
      before: metricsOf(unlearning?.before) ?? report?.metrics?.before ?? null,
      after: metricsOf(unlearning?.after) ?? report?.metrics?.after ?? null,
    },
    detection: {
      method: detection?.method ?? null,
      scoredPairs: Number(detection?.scoredPairs ?? 0),
      skippedPairs: Number(detection?.skippedPairs ?? 0),
      suspects: Number(selection?.suspects ?? detection?.suspects ?? 0),
      threshold: detection?.threshold ?? null,
      quality: judgement ?? null,
    },
    compromisedTokens: selection?.compromisedTokens ?? [],
    stages,
    out,
    model: unlearning?.model === undefined ? null : join(out, RESULTS.model),
    report: report === undefined ? null : join(out, RESULTS.reportJson),
  };
}

/** Unset measurements are left out, so that the JSON has no key without a value. */
function metricsOf(metrics: Metrics | undefined): object | undefined {
  if (metrics === undefined) return undefined;
  const { images, ...rates } = metrics;
  return { ...rates, images: Number(images) };
}

function linesOf({ record, out, report, judgement }: SummaryParts): string[] {
  const { selection, unlearning, stages } = record;
  const model =
    unlearning?.model === undefined
      ? ['Model          untouched; use the input as it is']
      : [`Cleaned model  ${join(out, RESULTS.model)}`];
  return [
    ...(report === undefined ? [] : reportLines(report)),
    ...(report === undefined && selection !== undefined
      ? [`Verdict: ${nameOf(VERDICT_NAMES, selection.verdict)}`, ...selection.reasons.map(bullet)]
      : []),
    ...(judgement === undefined ? [] : [judgementWords(judgement)]),
    ...(report === undefined ? stages.map(({ stage, seconds }) => `${stage}: ${seconds.toFixed(1)} s`) : []),
    '',
    ...(report === undefined ? [] : model),
    `Suspects       ${join(out, RESULTS.suspects)}`,
    `Clean pairs    ${join(out, RESULTS.cleanPairs)}`,
    ...(report === undefined ? [] : [`Report         ${join(out, RESULTS.reportHtml)}`]),
  ];
}

/** A report as lines for a terminal. */
export function reportLines(report: Report): string[] {
  const { title, meaning, reasons, model, detection, time } = summariseReport(report);
  return [
    '',
    `${title}. ${meaning}`,
    ...reasons.map(bullet),
    ...[model, detection, time].flatMap((part) => ['', ...table(rowsOf(part), part !== detection)]),
    '',
  ];
}

function judgementWords({ scores, suspects }: Judgement): string {
  const { listed, precision, recall } = suspects;
  const top =
    scores === undefined ? '' : `; ${percent(scores.precisionAtK)} of the ${scores.k} highest scores are`;
  const list = `${percent(precision)} of the ${count(listed)} suspects are poisoned${top}`;
  return `Detection      ${list}; ${percent(recall)} of the poison is listed`;
}

const bullet = (reason: string) => `  - ${reason}`;
const rowsOf = ({ columns, rows }: SummaryTable) => [columns, ...rows];

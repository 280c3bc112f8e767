import { count, duration, fixed, percent } from '../html/format.js';
import { showControls } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import { measuresOf, type Reading } from '../sections/measures.js';
import { verdictWords, type Tone } from '../sections/verdict-words.js';

/** A table for the terminal: plain text, every row as long as `columns`. */
export interface SummaryTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a terminal shows of a report. No text in it can hold a control sequence. */
export interface ReportSummary {
  readonly tone: Tone;
  /** The verdict and outcome in a few words. */
  readonly title: string;
  readonly meaning: string;
  readonly reasons: readonly string[];
  /** The model before and after. */
  readonly model: SummaryTable;
  /** Detection, its quality when ground truth was given, and the enriched tokens. */
  readonly detection: SummaryTable;
  /** Seconds per stage. */
  readonly time: SummaryTable;
}

/** A report as rows for the terminal. */
export function summariseReport(report: Report): ReportSummary {
  const { tone, title, meaning } = verdictWords(report);
  return {
    tone,
    title,
    meaning,
    reasons: report.reasons.map(showControls),
    model: modelTable(report),
    detection: detectionTable(report),
    time: timeTable(report),
  };
}

function modelTable(report: Report): SummaryTable {
  const shown = (reading: Reading | undefined, missing: string) =>
    reading === undefined ? missing : percent(reading.rate, reading.standardError);
  const rates = measuresOf(report).map(({ title, before, after, missing }) => [
    title,
    shown(before, missing || '–'),
    shown(after, '–'),
  ]);
  return { columns: ['', 'before', 'after'], rows: [...rates, proxyRow(report)] };
}

function proxyRow({ unlearning }: Report): string[] {
  const title = 'Trigger-free proxy (cosine)';
  if (unlearning === undefined) return [title, 'not measured: nothing was unlearned', '–'];
  const { unlearnCosineBefore, unlearnCosineAfter, band } = unlearning;
  const range = `band ${fixed(band.low, 2)} to ${fixed(band.high, 2)}`;
  return [title, fixed(unlearnCosineBefore), `${fixed(unlearnCosineAfter)} (${range})`];
}

function detectionTable({ detection, selection }: Report): SummaryTable {
  const { method, scoredPairs, skippedPairs, suspects, quality } = detection;
  const rows = [
    ['Method', showControls(method)],
    ['Suspects', `${count(suspects)} of ${count(scoredPairs)} pairs`],
  ];
  if (skippedPairs > 0) rows.push(['Skipped', count(skippedPairs)]);
  if (selection.compromisedTokens.length > 0) {
    const tokens = selection.compromisedTokens.slice(0, 5);
    rows.push(['Shared tokens', tokens.map(({ token }) => showControls(token)).join(', ')]);
  }
  if (quality !== undefined) {
    rows.push(['AUROC', quality.auroc.toFixed(4)]);
    rows.push([`Precision at ${quality.k}`, percent(quality.precisionAtK)]);
  }
  return { columns: ['detection', ''], rows };
}

function timeTable({ stages }: Report): SummaryTable {
  const rows = stages.map(({ stage, seconds }) => [showControls(stage), duration(seconds)]);
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return { columns: ['stage', 'time'], rows: [...rows, ['together', duration(total)]] };
}

import { growable, type PairManifest } from '@ubt/data';
import type { Artifact, Comparison, Report, StageTime, Unlearning } from '@ubt/report';
import { readScores, type DetectionEvidence, type SelectionFile } from '@ubt/stage-files';
import { defendCommand } from './defend-command.js';
import { describeSuspects } from './describe-suspects.js';
import { histogram } from './histogram.js';
import { UBT_VERSION } from './ubt-version.js';

/** What the stages of a run left behind. */
export interface RunRecord {
  readonly runId: string;
  readonly createdAt: string;
  readonly outcome: Report['outcome'];
  /** Reasons of the outcome, before those of the verdict. */
  readonly outcomeReasons: readonly string[];
  readonly inputs: Report['inputs'];
  readonly outputs: Report['outputs'];
  readonly manifest: PairManifest;
  /** Path of scores.jsonl. */
  readonly scores: string;
  readonly detection: DetectionEvidence;
  readonly selection: SelectionFile;
  readonly stages: readonly StageTime[];
  readonly unlearning?: Unlearning;
  readonly metrics?: Comparison;
}

const SHOWN_SUSPECTS = 24;
const SHOWN_UNLEARN_PAIRS = 64;

/** Gathers what the stages left behind into one report. */
export async function gatherReport(run: RunRecord): Promise<Report> {
  const { selection, detection, manifest } = run;
  const scored = await readScored(run.scores);
  const suspects = suspectRowsOf(run);
  const isSuspect = (place: number) => suspects.has(scored.rows[place] as number);
  const show = (rows: readonly number[], reason: string) =>
    describeSuspects(
      manifest,
      rows.map((row) => ({ row, score: scored.scores[placeOf(scored.rows, row)] ?? 0, reason })),
    );
  const top = highest(scored.scores, SHOWN_SUSPECTS).map((place) => scored.rows[place] as number);
  const { summary } = detection;
  return {
    schemaVersion: 1,
    ubtVersion: UBT_VERSION,
    runId: run.runId,
    createdAt: run.createdAt,
    verdict: selection.verdict,
    outcome: run.outcome,
    reasons: [...run.outcomeReasons, ...selection.reasons],
    inputs: run.inputs,
    outputs: run.outputs,
    ...(run.metrics === undefined ? {} : { metrics: run.metrics }),
    detection: {
      method: summary.method,
      parameters: summary.parameters,
      scoredPairs: summary.scoredPairs,
      skippedPairs: summary.skippedPairs,
      skipped: summary.skipped.slice(0, 100),
      threshold: summary.threshold,
      suspects: suspects.size,
      scoreHistogram: histogram(scored.scores, isSuspect),
      similarityHistogram: histogram(scored.similarities, isSuspect),
    },
    selection: {
      compromisedTokens: selection.compromisedTokens.map((token) => ({
        token: token.token,
        suspectShare: token.suspectShare,
        corpusShare: token.corpusShare,
        enrichment: token.enrichment,
      })),
      evidence: selection.evidence,
      topSuspects: await show(top, `among the ${SHOWN_SUSPECTS} highest scores`),
      unlearnSet: await show(
        selection.unlearnRows.slice(0, SHOWN_UNLEARN_PAIRS),
        'holds a compromised token',
      ),
      unlearnPairs: selection.unlearnRows.length,
      retainPairs: selection.retainRows.length,
    },
    ...(run.unlearning === undefined ? {} : { unlearning: run.unlearning }),
    stages: [...run.stages],
    reproduce: defendCommand(run.inputs),
  };
}

/** Without a consensus the suspects are the pairs above the detector's threshold: probably wrong captions. */
function suspectRowsOf({ selection, detection }: RunRecord): ReadonlySet<number> {
  const rows = selection.suspectRows;
  return new Set(
    rows.length > 0 ? rows : detection.summary.sample.suspectRows.slice(0, detection.summary.suspects),
  );
}

/** Rows, scores and similarities, 20 bytes a pair. */
async function readScored(path: string) {
  const rows = growable(Uint32Array);
  const scores = growable(Float64Array);
  const similarities = growable(Float64Array);
  for await (const { row, score, signals } of readScores(path)) {
    rows.push(row);
    scores.push(score);
    similarities.push(signals['similarity'] ?? 0);
  }
  return { rows: rows.take(), scores: scores.take(), similarities: similarities.take() };
}

/** Place of a row, which are ascending; −1 where it is not. */
function placeOf(rows: Uint32Array, row: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as number) < row) low = middle + 1;
    else high = middle;
  }
  return rows[low] === row ? low : -1;
}

/** Places of the highest scores, the highest first; ties in order. */
function highest(scores: Float64Array, count: number): number[] {
  const byScore = (a: number, b: number) => (scores[b] as number) - (scores[a] as number) || a - b;
  return [...Uint32Array.from(scores.keys()).sort(byScore).subarray(0, count)];
}

/** An artefact as a report names it; 64-bit sizes become numbers. */
export function reportArtifact(artifact: {
  readonly uri: string;
  readonly sha256: string;
  readonly sizeBytes: bigint | number;
  readonly mediaType: string;
}): Artifact {
  return { ...artifact, sizeBytes: Number(artifact.sizeBytes) };
}

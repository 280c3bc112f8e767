import type { PairManifest } from '@ubt/data';
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
  const isSuspect = scored.rows.map((row) => suspects.has(row));
  const scoreOf = new Map(scored.rows.map((row, i) => [row, scored.scores[i] as number]));
  const show = (rows: readonly number[], reason: string) =>
    describeSuspects(
      manifest,
      rows.map((row) => ({ row, score: scoreOf.get(row) ?? 0, reason })),
    );
  const top = [...scored.rows]
    .sort((a, b) => (scoreOf.get(b) as number) - (scoreOf.get(a) as number))
    .slice(0, SHOWN_SUSPECTS);
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

async function readScored(path: string) {
  const rows: number[] = [];
  const scores: number[] = [];
  const similarities: number[] = [];
  for await (const { row, score, signals } of readScores(path)) {
    rows.push(row);
    scores.push(score);
    similarities.push(signals['similarity'] ?? 0);
  }
  return { rows, scores, similarities };
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

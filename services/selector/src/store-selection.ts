import { MEDIA_TYPES, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import type { ClipTokenizer } from '@ubt/clip';
import { Verdict, type DetectResult, type Run, type SelectResult } from '@ubt/contracts';
import type { PairManifest } from '@ubt/data';
import { gatherReport, reportArtifact, writeReport } from '@ubt/report-writer';
import {
  writeSelection,
  writeSuspectFiles,
  type DetectionEvidence,
  type SelectionFile,
  type StageWork,
  type SuspectPair,
} from '@ubt/stage-files';
import { pairOfRow, type ScoredPairs } from '@ubt/consensus';
import type { SelectionOutcome, SelectSettings } from './domain/select.js';

/** What a selection found, and what it worked on. */
export interface SelectionFindings {
  readonly outcome: SelectionOutcome;
  readonly pairs: ScoredPairs;
  readonly detection: DetectResult;
  readonly evidence: DetectionEvidence;
  readonly manifest: PairManifest;
  readonly tokenizer: ClipTokenizer;
  readonly run: Run | undefined;
  readonly settings: SelectSettings;
  /** Path of scores.jsonl. */
  readonly scores: string;
  /** Where the artefacts go, below the store's root. */
  readonly folder: string;
  readonly work: StageWork;
}

const VERDICTS = {
  clean: Verdict.VERDICT_CLEAN,
  backdoored: Verdict.VERDICT_BACKDOORED,
  inconclusive: Verdict.VERDICT_INCONCLUSIVE,
} as const;

/** Stores the selection as artefacts; when the chain ends here, with a report. */
export async function storeSelection(
  store: ArtifactStore,
  findings: SelectionFindings,
): Promise<SelectResult> {
  const { outcome, folder, manifest } = findings;
  const file = selectionFile(findings);
  const suspects = suspectPairs(findings, file);
  const selection = await store.putFile(`${folder}/selection.json`, MEDIA_TYPES.json, (path) =>
    writeSelection(path, file),
  );
  const lists = await store.putFolder(`${folder}/lists`, MEDIA_TYPES.pairs, (path) =>
    writeSuspectFiles(
      { suspects: `${path}/suspects.csv`, cleanPairs: `${path}/pairs.clean.csv` },
      manifest,
      suspects,
    ),
  );
  const report = endsHere(findings) ? await storeReport(store, findings, file) : undefined;
  return {
    verdict: VERDICTS[outcome.verdict],
    reasons: [...outcome.reasons],
    selection: toArtifactMessage(selection),
    compromisedTokens: file.compromisedTokens.map(({ token, suspectShare, corpusShare, enrichment }) => ({
      ...{ token, suspectShare, corpusShare, enrichment },
    })),
    unlearnPairs: outcome.unlearnRows.length,
    retainPairs: outcome.retainRows.length,
    suspects: BigInt(suspects.length),
    suspectsCsv: toArtifactMessage(await store.describe(`${lists.uri}/suspects.csv`, MEDIA_TYPES.pairs)),
    cleanPairsCsv: toArtifactMessage(await store.describe(`${lists.uri}/pairs.clean.csv`, MEDIA_TYPES.pairs)),
    reportJson: report?.json,
    reportHtml: report?.html,
  };
}

function selectionFile({ outcome, tokenizer, work }: SelectionFindings): SelectionFile {
  return {
    schemaVersion: 1,
    verdict: outcome.verdict,
    reasons: [...outcome.reasons],
    evidence: [...outcome.evidence],
    compromisedTokens: outcome.compromised.map(({ token, suspectShare, corpusShare, enrichment }) => ({
      ...{ id: token, token: tokenizer.decodeToken(token), suspectShare, corpusShare, enrichment },
    })),
    unlearnRows: [...outcome.unlearnRows],
    retainRows: [...outcome.retainRows],
    heldOutRows: [...outcome.heldOutRows],
    suspectRows: [...outcome.suspectRows],
    work,
  };
}

/** With a consensus its pairs are the suspects; without one, what lies above the detector's threshold. */
function suspectPairs({ outcome, pairs, detection }: SelectionFindings, file: SelectionFile): SuspectPair[] {
  if (outcome.suspectRows.length > 0) {
    const words = file.compromisedTokens.map(({ token }) => `“${token}”`).join(', ');
    const reason = `names the suspected target (${words}) and scores high`;
    return outcome.suspectRows.map((row) => ({
      row,
      score: pairs.scores[pairOfRow(pairs, row)] as number,
      reason,
    }));
  }
  const reason = 'score above the threshold';
  const suspects: SuspectPair[] = [];
  pairs.scores.forEach((score, i) => {
    if (score > detection.threshold) suspects.push({ row: pairs.rows[i] as number, score, reason });
  });
  return suspects.sort((a, b) => b.score - a.score);
}

/** The chain goes on only when there is something to unlearn and the plan says so. */
function endsHere({ run, outcome }: SelectionFindings): boolean {
  const unlearn = run?.plan?.unlearn;
  return run !== undefined && !(unlearn !== undefined && (outcome.verdict === 'backdoored' || unlearn.force));
}

async function storeReport(store: ArtifactStore, findings: SelectionFindings, selection: SelectionFile) {
  const { detection, evidence, manifest, scores, run, folder, work, outcome } = findings;
  const { subject } = detection;
  const report = await gatherReport({
    runId: run?.runId ?? '',
    createdAt: new Date().toISOString(),
    outcome: 'untouched',
    outcomeReasons: [
      outcome.verdict === 'backdoored'
        ? 'The plan ends before unlearning, so the backdoor is still there.'
        : 'The model was left byte for byte as it came.',
    ],
    inputs: {
      model: reportArtifact(subject!.model!),
      ...(subject!.referenceModel === undefined
        ? {}
        : { referenceModel: reportArtifact(subject!.referenceModel) }),
      pairs: reportArtifact(subject!.pairs!),
    },
    outputs: { scores: reportArtifact(detection.scores!), evidence: reportArtifact(detection.evidence!) },
    ...{ manifest, scores, detection: evidence, selection },
    stages: [
      { stage: 'detector', ...evidence.summary.work },
      { stage: 'selector', ...work },
    ],
  });
  const stored = await store.putFolder(`${folder}/report`, MEDIA_TYPES.html, async (path) => {
    await writeReport(path, report);
  });
  return {
    json: toArtifactMessage(await store.describe(`${stored.uri}/report.json`, MEDIA_TYPES.json)),
    html: toArtifactMessage(await store.describe(`${stored.uri}/report.html`, MEDIA_TYPES.html)),
  };
}

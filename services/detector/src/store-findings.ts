import { MEDIA_TYPES, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import type { Checkpoint } from '@ubt/clip';
import type { DetectResult, Subject } from '@ubt/contracts';
import type { PairManifest, UndecodableImage } from '@ubt/data';
import {
  writeDetectionEvidence,
  writeScores,
  writeSuspectFiles,
  type DetectionSummary,
  type ScoreRow,
  type StageWork,
  type SuspectPair,
} from '@ubt/stage-files';
import type { ResolvedDetectOptions } from './detect-options.js';
import { writeDetectionModel } from './detection-model.js';
import type { EmbeddedSample } from './domain/embed-sample.js';
import type { Detection } from './domain/methods/detection-method.js';
import { detectionMethod } from './domain/methods/index.js';

/** What a detection found, and what it worked on. */
export interface Findings {
  readonly detection: Detection;
  readonly sample: EmbeddedSample;
  /** Score above which a pair is a suspect. */
  readonly threshold: number;
  readonly subject: Subject;
  readonly suspect: Checkpoint;
  readonly manifest: PairManifest;
  /** Images that could not be decoded, by path. */
  readonly undecodable: ReadonlyMap<string, UndecodableImage>;
  readonly options: ResolvedDetectOptions;
  /** Where the artefacts go, below the store's root. */
  readonly folder: string;
  readonly work: StageWork;
}

/** How many skipped pairs are named. */
const NAMED_SKIPPED = 100;

/** Stores the findings as artefacts; each appears only when complete. */
export async function storeFindings(store: ArtifactStore, findings: Findings): Promise<DetectResult> {
  const { detection, threshold, subject, manifest, folder } = findings;
  const { rows, skipped } = await namePairs(findings);
  const suspects = suspectPairs(detection, threshold);
  const scores = await store.putFile(`${folder}/scores.jsonl`, MEDIA_TYPES.jsonLines, (path) =>
    writeScores(path, rows),
  );
  const summary = summarise(findings, suspects.length, skipped);
  const evidence = await store.putFolder(`${folder}/evidence`, MEDIA_TYPES.json, (path) =>
    writeDetectionEvidence(path, { summary, embeddings: findings.sample.embeddings }),
  );
  const lists = await store.putFolder(`${folder}/lists`, MEDIA_TYPES.pairs, (path) =>
    writeSuspectFiles(listPaths(path), manifest, suspects),
  );
  const detectionModel = await storeDetectionModel(store, findings);
  const described = listPaths(lists.uri);
  return {
    scores: toArtifactMessage(scores),
    evidence: toArtifactMessage(evidence),
    detectionModel,
    method: findings.options.method,
    scoredPairs: BigInt(summary.scoredPairs),
    skippedPairs: BigInt(summary.skippedPairs),
    threshold,
    subject,
    suspects: BigInt(suspects.length),
    suspectsCsv: toArtifactMessage(await store.describe(described.suspects, MEDIA_TYPES.pairs)),
    cleanPairsCsv: toArtifactMessage(await store.describe(described.cleanPairs, MEDIA_TYPES.pairs)),
  };
}

const listPaths = (folder: string) => ({
  suspects: `${folder}/suspects.csv`,
  cleanPairs: `${folder}/pairs.clean.csv`,
});

async function storeDetectionModel(store: ArtifactStore, findings: Findings) {
  const { detection, threshold, subject, suspect, options, folder } = findings;
  const { overfitted } = detection;
  if (detectionMethod(options.method).scoreOnline === undefined) return undefined;
  const { uri, sha256 } = subject.model!;
  const file = { method: options.method, threshold, suspect: { uri, sha256 } };
  const stored = await store.putFolder(`${folder}/detection-model`, MEDIA_TYPES.checkpoint, (path) =>
    writeDetectionModel(path, file, suspect, overfitted),
  );
  return toArtifactMessage(stored);
}

/** Score rows with the pairs' ids, and the pairs that have none because their image could not be read. */
async function namePairs({ detection, manifest, undecodable }: Findings) {
  const at = new Map(detection.rows.map((row, i) => [row, i]));
  const rows: ScoreRow[] = [];
  const skipped: DetectionSummary['skipped'] = [];
  for await (const { row, id, imagePath } of manifest.rows()) {
    const i = at.get(row);
    if (i !== undefined)
      rows.push({ row, id, score: detection.scores[i] as number, signals: signalsAt(detection, i) });
    else if (skipped.length < NAMED_SKIPPED) {
      skipped.push({ row, id, reason: undecodable.get(imagePath)?.reason ?? 'not scored' });
    }
  }
  return { rows, skipped };
}

function signalsAt({ signals }: Detection, i: number): Record<string, number> {
  return Object.fromEntries(Object.entries(signals).map(([name, values]) => [name, values[i] as number]));
}

function suspectPairs({ rows, scores }: Detection, threshold: number): SuspectPair[] {
  return rows
    .map((row, i) => ({ row, score: scores[i] as number, reason: 'score above the threshold' }))
    .filter(({ score }) => score > threshold)
    .sort((a, b) => b.score - a.score);
}

function summarise(
  { detection, options, manifest, undecodable, threshold, work, sample }: Findings,
  suspects: number,
  skipped: DetectionSummary['skipped'],
): DetectionSummary {
  const { method, ...parameters } = options;
  const { suspectRows, randomRows, dimension } = sample;
  return {
    schemaVersion: 1,
    method,
    parameters: { ...parameters },
    scoredPairs: detection.rows.length,
    skippedPairs: manifest.skipped.count + undecodable.size,
    skipped,
    threshold,
    suspects,
    curve: [...detection.curve],
    work,
    sample: { suspectRows: [...suspectRows], randomRows: [...randomRows], dimension },
  };
}

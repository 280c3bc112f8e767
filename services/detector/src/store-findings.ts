import { MEDIA_TYPES, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import type { Checkpoint } from '@ubt/clip';
import type { DetectResult, Subject } from '@ubt/contracts';
import type { PairManifest, UndecodableImage } from '@ubt/data';
import {
  writeDetectionEvidence,
  SCORES_FILES,
  writeScores,
  writeSuspectFiles,
  type DetectionSummary,
  type ScoreRow,
  type ScoresFormat,
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
  readonly scoresFormat: ScoresFormat;
  /** Where the artefacts go, below the store's root. */
  readonly folder: string;
  readonly work: StageWork;
}

/** How many skipped pairs are named. */
const NAMED_SKIPPED = 100;

/** Stores the findings as artefacts; each appears only when complete. */
export async function storeFindings(store: ArtifactStore, findings: Findings): Promise<DetectResult> {
  const { detection, threshold, subject, manifest, folder } = findings;
  const skipped: DetectionSummary['skipped'] = [];
  const suspects = suspectPairs(detection, threshold);
  const { name, mediaType } = SCORES_FILES[findings.scoresFormat];
  const scores = await store.putFile(`${folder}/${name}`, mediaType, (path) =>
    writeScores(path, namedScores(findings, skipped), findings.scoresFormat),
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

/** Score rows with the pairs' ids; `skipped` gets the first pairs that have no score. */
async function* namedScores(
  { detection, manifest, undecodable }: Findings,
  skipped: DetectionSummary['skipped'],
): AsyncGenerator<ScoreRow> {
  const placeOf = new Int32Array(manifest.total).fill(-1);
  detection.rows.forEach((row, place) => (placeOf[row] = place));
  for await (const { row, id, imagePath } of manifest.rows()) {
    const at = placeOf[row]!;
    if (at >= 0) {
      yield { row, id, score: detection.scores[at] as number, signals: signalsAt(detection, at) };
    } else if (skipped.length < NAMED_SKIPPED) {
      skipped.push({ row, id, reason: undecodable.get(imagePath)?.reason ?? 'not scored' });
    }
  }
}

function signalsAt({ signals }: Detection, i: number): Record<string, number> {
  return Object.fromEntries(Object.entries(signals).map(([name, values]) => [name, values[i] as number]));
}

function suspectPairs({ rows, scores }: Detection, threshold: number): SuspectPair[] {
  const reason = 'score above the threshold';
  const suspects: SuspectPair[] = [];
  rows.forEach((row, i) => {
    const score = scores[i] as number;
    if (score > threshold) suspects.push({ row, score, reason });
  });
  return suspects.sort((a, b) => b.score - a.score);
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

import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { loadTokenizer, openCheckpoint, type ClipTokenizer } from '@ubt/clip';
import { packAny, SelectRequest, SelectResult, type DetectResult } from '@ubt/contracts';
import type { PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { artifactPlaces, jobRequest, type WorkerHandler } from '@ubt/service-kit';
import { openStagePairs, readDetectionEvidence, readScores, stageWork } from '@ubt/stage-files';
import { readConfig } from './config.js';
import type { ScoredPairs } from './domain/scored-pairs.js';
import { select } from './domain/select.js';
import { resolveSelectOptions } from './select-options.js';
import { storeSelection } from './store-selection.js';
import { SELECT_REQUEST, SELECT_RESULT } from './type-names.js';

/** Turns suspicion scores into a verdict and an unlearn set. */
export const selectJob: WorkerHandler = async (packed, context) => {
  const started = performance.now();
  const config = readConfig();
  const request = jobRequest(SELECT_REQUEST, SelectRequest, packed);
  const settings = resolveSelectOptions(request.options);
  const store = createArtifactStore(artifactPlaces(config));
  const detection = request.detection as DetectResult;
  const paths = await fetchAll(store, detection);

  const evidence = await readDetectionEvidence(paths.evidence);
  const manifest = await openStagePairs(paths.pairs, {
    ...{ store, uri: detection.subject!.pairs!.uri },
    ...{ artifactRoots: config.artifactRoots, scratchDir: context.workDir },
  });
  const tokenizer = await tokenizerOf(paths.model);
  const pairs = await scoredPairs(paths.scores, manifest, tokenizer, (done) => {
    context.signal.throwIfAborted();
    context.progress({ phase: 'reading scores', done, total: Number(detection.scoredPairs), unit: 'pairs' });
  });
  const { sample } = evidence.summary;
  const outcome = select(pairs, { ...sample, embeddings: evidence.embeddings }, settings, (token) =>
    tokenizer.decodeToken(token),
  );
  const result = await storeSelection(store, {
    ...{ detection, evidence, manifest, pairs, outcome, run: request.run, settings },
    scores: paths.scores,
    tokenizer,
    folder: `${context.runId || context.job.replace('/', '-')}/selector`,
    work: stageWork(context, started),
  });
  await manifest.close();
  return packAny(SELECT_RESULT, SelectResult, result);
};

async function fetchAll(store: ArtifactStore, { scores, evidence, subject }: DetectResult) {
  const [scoresPath, evidencePath, pairs, model] = await Promise.all(
    [scores!, evidence!, subject!.pairs!, subject!.model!].map((artifact) => store.fetch(artifact)),
  );
  return { scores: scoresPath!, evidence: evidencePath!, pairs: pairs!, model: model! };
}

async function tokenizerOf(model: string): Promise<ClipTokenizer> {
  const { config } = await openCheckpoint(model);
  return loadTokenizer(model, config.text.contextLength);
}

/** Scores with the captions' tokens; only the tokens are held, not the texts. */
async function scoredPairs(
  scores: string,
  manifest: PairManifest,
  tokenizer: ClipTokenizer,
  onProgress: (done: number) => void,
): Promise<ScoredPairs> {
  const rows: number[] = [];
  const values: number[] = [];
  const tokens: number[][] = [];
  const captions = manifest.rows()[Symbol.asyncIterator]();
  for await (const { row, score } of readScores(scores)) {
    let pair = await captions.next();
    while (pair.done !== true && pair.value.row < row) pair = await captions.next();
    if (pair.done === true || pair.value.row !== row) throw scoresMismatch(scores, row);
    rows.push(row);
    values.push(score);
    tokens.push(tokenizer.contentIds(pair.value.caption));
    if (rows.length % 1000 === 0) onProgress(rows.length);
  }
  onProgress(rows.length);
  return { rows, scores: Float32Array.from(values), tokens };
}

function scoresMismatch(scores: string, row: number): UbtError {
  return new UbtError(
    'failed-precondition',
    `${scores} scores row ${row}, which the pairs file does not have.`,
    {
      code: 'SCORES_MISMATCH',
      fix: 'Select with the pairs file that the scores were made from.',
    },
  );
}

import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { loadTokenizer, openCheckpoint, type ClipTokenizer } from '@ubt/clip';
import { packAny, SelectRequest, SelectResult, type DetectResult } from '@ubt/contracts';
import { artifactPlaces, jobRequest, type WorkerHandler } from '@ubt/service-kit';
import { openStagePairs, readDetectionEvidence, stageWork } from '@ubt/stage-files';
import { readConfig } from './config.js';
import { select } from './domain/select.js';
import { readScoredPairs } from './read-scored-pairs.js';
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
  const pairs = await readScoredPairs(paths.scores, manifest, tokenizer, (done) => {
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
  const { config, format } = await openCheckpoint(model);
  return loadTokenizer(model, config.text.contextLength, format);
}

import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { packAny, UnlearnRequest, UnlearnResult, type DetectResult, type SelectResult } from '@ubt/contracts';
import { createDecodeCache, pairBatches } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import {
  artifactPlaces,
  engineOptions,
  jobRequest,
  localRoots,
  type WorkerContext,
  type WorkerHandler,
} from '@ubt/service-kit';
import { openStagePairs, readDetectionEvidence, readSelection, stageWork } from '@ubt/stage-files';
import { readConfig, type Config } from './config.js';
import { evaluateClip, openEvaluation } from './evaluate-models.js';
import { forgetBackdoor, type Forgetting } from './forget-backdoor.js';
import { storeOutcome } from './store-outcome.js';
import { UNLEARN_REQUEST, UNLEARN_RESULT } from './type-names.js';
import { readCheckpoint, writeCheckpoint } from './unlearn-checkpoint.js';
import { resolveUnlearnOptions, unlearnSettings, type ResolvedUnlearnOptions } from './unlearn-options.js';
import { readMaterial } from './unlearning-material.js';

/** Makes a model forget a backdoor and proves it. */
export const unlearnJob: WorkerHandler = async (packed, context) => {
  const started = performance.now();
  const config = readConfig();
  const request = jobRequest(UNLEARN_REQUEST, UnlearnRequest, packed);
  const options = resolveUnlearnOptions(request.options);
  const store = createArtifactStore(artifactPlaces(config));
  const detection = request.detection as DetectResult;
  const paths = await fetchAll(store, detection, request.selection as SelectResult);

  await startEngine(engineOptions(config));
  const suspect = await loadCheckpoint(paths.model);
  const reference = paths.reference === undefined ? undefined : await loadCheckpoint(paths.reference);
  const manifest = await openStagePairs(paths.pairs, {
    ...{ store, uri: detection.subject!.pairs!.uri },
    ...{ artifactRoots: config.artifactRoots, scratchDir: context.workDir },
  });
  const selection = await readSelection(paths.selection);
  const decodeCache = await createDecodeCache(context.workDir, manifest.total, suspect.preprocess.cropSize);
  const material = await readMaterial(manifest, selection, suspect, { decodeCache, signal: context.signal });
  const retain = pairBatches(manifest, {
    ...{ tokenizer: suspect.tokenizer, preprocess: suspect.preprocess, decodeCache, signal: context.signal },
    ...{
      rows: material.retainRows,
      batchSize: options.retainBatchSize,
      order: 'endless',
      seed: options.seed,
    },
  })[Symbol.asyncIterator]();
  const unlearned = await runUnlearning({ suspect, reference, material, retain, options, config, context });

  const data =
    request.run?.plan?.evaluation &&
    (await openEvaluation(store, request.run.plan.evaluation, localRoots(config)));
  const measure = (phase: string, model: Checkpoint['model']) =>
    data &&
    evaluateClip(suspect, model, data, {
      signal: context.signal,
      onProgress: (done, total) => context.progress({ phase, done, total, unit: 'images' }),
    });
  const before = await measure('evaluating the suspect', suspect.model);
  const after = await measure('evaluating the cleaned model', unlearned.clip);
  const onReference = reference && (await measure('evaluating the reference', reference.model));

  const result = await storeOutcome(store, {
    ...{ request, suspect, unlearned, manifest, selection, options, before, after, onReference },
    evidence: await readDetectionEvidence(paths.evidence),
    scores: paths.scores,
    band: unlearned.band,
    device: config.device,
    folder: `${context.runId || context.job.replace('/', '-')}/unlearner`,
    work: () => stageWork(context, started),
  });
  await decodeCache.close();
  return packAny(UNLEARN_RESULT, UnlearnResult, result);
};

async function fetchAll(
  store: ArtifactStore,
  { subject, scores, evidence }: DetectResult,
  selection: SelectResult,
) {
  const fetch = (artifact: { uri: string; sha256: string } | undefined) => store.fetch(artifact!);
  return {
    model: await fetch(subject?.model),
    reference: subject?.referenceModel && (await fetch(subject.referenceModel)),
    pairs: await fetch(subject?.pairs),
    scores: await fetch(scores),
    evidence: await fetch(evidence),
    selection: await fetch(selection.selection),
  };
}

interface UnlearningRun extends Pick<Forgetting, 'suspect' | 'reference' | 'material' | 'retain'> {
  readonly options: ResolvedUnlearnOptions;
  readonly config: Config;
  readonly context: WorkerContext;
}

async function runUnlearning({ options, config, context, ...run }: UnlearningRun) {
  const resume = context.attempt > 1 ? await readCheckpoint(context.workDir) : undefined;
  let written = performance.now();
  return forgetBackdoor({
    ...run,
    settings: unlearnSettings(options),
    resume,
    observer: {
      signal: context.signal,
      onStep: (step) =>
        context.progress({ phase: 'unlearning', done: step, total: options.maxSteps, unit: 'steps' }),
      onCheck: async (state) => {
        if (performance.now() - written < config.checkpointSeconds * 1000) return;
        context.checkpoint(`step ${await writeCheckpoint(context.workDir, state)}`);
        written = performance.now();
      },
    },
  });
}

import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { loadCheckpoint, type Checkpoint, type ClipModel } from '@ubt/clip';
import { packAny, UnlearnRequest, UnlearnResult, type DetectResult, type SelectResult } from '@ubt/contracts';
import { createDecodeCache, pairBatches } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import type { EvaluationResult } from '@ubt/evaluation';
import {
  artifactPlaces,
  engineOptions,
  jobRequest,
  type WorkerContext,
  type WorkerHandler,
} from '@ubt/service-kit';
import { openStagePairs, readDetectionEvidence, readSelection, stageWork } from '@ubt/stage-files';
import { readConfig, type Config } from './config.js';
import { consultReference } from './consult-reference.js';
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
  const measure = await openMeasurement({ request, suspect, store, config, context });
  const unlearned = await runUnlearning({
    ...{ suspect, reference: paths.reference, material, retain, options, config, context, measure },
  });
  const before = await measure('evaluating the suspect', suspect.model);
  const after = await measure('evaluating the cleaned model', unlearned.clip);

  const result = await storeOutcome(store, {
    ...{ request, suspect, unlearned, manifest, selection, options, before, after },
    onReference: unlearned.onReference,
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

/** Measures a model on what the run's plan names; undefined when it names nothing. */
type Measure = (phase: string, model: ClipModel) => Promise<EvaluationResult | undefined>;

interface Measurement {
  readonly request: UnlearnRequest;
  readonly suspect: Checkpoint;
  readonly store: ArtifactStore;
  readonly config: Config;
  readonly context: WorkerContext;
}

/** Opens what models are measured on before any work is done, so that a fault in it is told at once. */
async function openMeasurement(measurement: Measurement): Promise<Measure> {
  const { request, suspect, store, config, context } = measurement;
  const evaluation = request.run?.plan?.evaluation;
  const data = evaluation && (await openEvaluation(store, evaluation, config.artifactRoots));
  return async (phase, model) =>
    data &&
    evaluateClip(suspect, model, data, {
      signal: context.signal,
      onProgress: (done, total) => context.progress({ phase, done, total, unit: 'images' }),
    });
}

interface UnlearningRun extends Pick<Forgetting, 'suspect' | 'material' | 'retain'> {
  /** Folder of the reference model. */
  readonly reference: string | undefined;
  readonly measure: Measure;
  readonly options: ResolvedUnlearnOptions;
  readonly config: Config;
  readonly context: WorkerContext;
}

async function runUnlearning({ reference, measure, options, config, context, ...run }: UnlearningRun) {
  const consulted =
    reference === undefined
      ? undefined
      : await consultReference(reference, run.material.unlearn, (model) =>
          measure('evaluating the reference', model),
        );
  const resume = context.attempt > 1 ? await readCheckpoint(context.workDir) : undefined;
  let written = performance.now();
  const unlearned = await forgetBackdoor({
    ...run,
    teacher: consulted?.teacher,
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
  consulted?.teacher.dispose();
  return { ...unlearned, onReference: consulted?.metrics };
}

import { createArtifactStore, MEDIA_TYPES, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import { embeddingModel, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { DetectRequest, DetectResult, packAny, type Subject } from '@ubt/contracts';
import type { PairManifest } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import {
  artifactPlaces,
  engineOptions,
  jobRequest,
  silentTelemetry,
  type WorkerContext,
  type WorkerHandler,
} from '@ubt/service-kit';
import { openStagePairs, stageWork } from '@ubt/stage-files';
import { readConfig, type Config } from './config.js';
import { resolveDetectOptions } from './detect-options.js';
import { openPairSource } from './disk-pair-source.js';
import { embedSample } from './domain/embed-sample.js';
import { detectionMethod } from './domain/methods/index.js';
import { suspicionThreshold } from './domain/suspicion-threshold.js';
import { splitsJobs } from './shards/shard-companion.js';
import { createShardedPasses } from './shards/sharded-passes.js';
import { openShardQueue } from './shards/shard-queue.js';
import { storeFindings } from './store-findings.js';
import { DETECT_REQUEST, DETECT_RESULT } from './type-names.js';

/** Scores every pair of a data set: decodes the request, runs the domain, stores what it found. */
export const detectJob: WorkerHandler = async (packed, context) => {
  const started = performance.now();
  const config = readConfig();
  const request = jobRequest(DETECT_REQUEST, DetectRequest, packed);
  const options = resolveDetectOptions(request.options);
  const store = createArtifactStore(artifactPlaces(config));
  const { subject, paths } = await verifySubject(store, request.subject);

  await startEngine(engineOptions(config));
  const suspect = await loadCheckpoint(paths.model);
  const reference = paths.reference === undefined ? undefined : await loadReference(paths.reference, suspect);
  const { signal, workDir } = context;
  const manifest = await openStagePairs(paths.pairs, {
    ...{ store, uri: subject.pairs.uri, artifactRoots: config.artifactRoots, scratchDir: workDir },
  });
  const pairs = await openPairSource(manifest, suspect, {
    ...{ ...options, cacheDir: workDir, signal },
    passes: {
      ...{ resume: context.attempt > 1, everySeconds: config.checkpointSeconds },
      onSaved: (note) => context.checkpoint(note),
    },
  });
  const shards = openShards(config, context, manifest);
  const stored = new Map([[suspect.model, subject.model]]);
  if (reference !== undefined) stored.set(reference.model, subject.referenceModel!);
  const elsewhere =
    shards &&
    createShardedPasses({
      ...{ ...options, queue: shards, store, suspect, stored, signal, logger: context.logger },
      ...{ job: { jobName: context.job, runId: context.runId }, shardPairs: config.shardPairs },
      ...{ pairs: subject.pairs, usable: manifest.usable },
      ...{ stretch: pairs.stretch, undecodable: pairs.undecodable },
    });
  const detection = await detectionMethod(options.method).detect({
    suspect: embeddingModel(suspect),
    reference: reference && embeddingModel(reference),
    pairs: elsewhere === undefined ? pairs : { ...pairs, elsewhere },
    options,
    signal,
    progress: (phase, done, total, unit) => context.progress({ phase, done, total, unit }),
  });
  await shards?.close(0);
  context.scores(options.method, detection.scores);
  const sample = await embedSample(embeddingModel(suspect), pairs, detection, options.seed);

  const result = await storeFindings(store, {
    ...{ detection, sample, subject, suspect, manifest, options },
    undecodable: pairs.undecodable,
    threshold: suspicionThreshold(detection.scores),
    scoresFormat: config.scoresFormat,
    folder: `${context.runId || context.job.replace('/', '-')}/detector`,
    work: stageWork(context, started),
  });
  await pairs.close();
  await manifest.close();
  return packAny(DETECT_RESULT, DetectResult, result);
};

/**
 * The queue that the job's passes are shared out over, when it is worth that. The worker itself opens it, and not the
 * service: it has the models to store and the results to join, and whoever cancels or loses it ends both at once.
 */
function openShards(config: Config, { tracer, logger }: WorkerContext, { usable }: PairManifest) {
  const { natsUrl } = config;
  if (natsUrl === undefined || !splitsJobs(config) || usable.length < config.shardFromPairs) return undefined;
  return openShardQueue({ ...config, natsUrl }, { telemetry: { ...silentTelemetry(), tracer }, logger });
}

/** The subject with the digests of what is there now, and local paths of it. */
async function verifySubject(store: ArtifactStore, given: Subject | undefined) {
  const { model, referenceModel, pairs } = given as Subject;
  const open = async (ref: { uri: string; sha256: string }, mediaType: string) => {
    const path = await store.fetch(ref);
    return { path, message: toArtifactMessage(await store.describe(ref.uri, mediaType)) };
  };
  const opened = {
    model: await open(model!, MEDIA_TYPES.checkpoint),
    reference: referenceModel && (await open(referenceModel, MEDIA_TYPES.checkpoint)),
    pairs: await open(pairs!, MEDIA_TYPES.pairs),
  };
  return {
    subject: {
      model: opened.model.message,
      referenceModel: opened.reference?.message,
      pairs: opened.pairs.message,
    },
    paths: { model: opened.model.path, reference: opened.reference?.path, pairs: opened.pairs.path },
  };
}

/** The pairs are prepared once, for both models: their inputs must have the same shape and tokens. */
async function loadReference(path: string, suspect: Checkpoint): Promise<Checkpoint> {
  const reference = await loadCheckpoint(path);
  const differs =
    reference.config.vision.imageSize !== suspect.config.vision.imageSize
      ? 'image size'
      : JSON.stringify(reference.tokenizer.json) !== JSON.stringify(suspect.tokenizer.json)
        ? 'tokenizer'
        : undefined;
  if (differs === undefined) return reference;
  throw new UbtError(
    'invalid-argument',
    `The reference model ${path} has another ${differs} than the suspect.`,
    {
      code: 'REFERENCE_MODEL_MISMATCH',
      fix: 'Use the checkpoint that the suspect was fine-tuned from, or none.',
      violations: [{ field: 'subject.reference_model', reason: `${differs} differs` }],
    },
  );
}

import type { ArtifactStore } from '@ubt/artifacts';
import type { Pair, PairScore, ScorePairsRequest, ScorePairsResponse } from '@ubt/contracts';
import { readImageFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { jobErrorMessage, type ServiceMetrics } from '@ubt/service-kit';
import { readDetectionModelFile } from './detection-model.js';
import type { Scorer } from './scorer.js';

/** Pairs of one stream that are worked on at once; more wait in the stream's own window. */
const IN_FLIGHT = 32;
const MAX_CAPTION_BYTES = 16_384;

type Model = { readonly detectionModel: string; readonly suspect: string };
/** An open model and the method it was prepared by. */
type OpenModel = { readonly model: Model; readonly method: string };

/** What scoring a stream takes. */
export interface ScorePairsTools {
  readonly scorer: Scorer;
  readonly store: ArtifactStore;
  readonly metrics: ServiceMetrics;
}

/**
 * Scores pairs as they come, in order. A bad pair gets an error of its own; only a stream without a usable
 * detection model ends with one.
 */
export async function* scorePairs(
  requests: AsyncIterable<ScorePairsRequest>,
  tools: ScorePairsTools,
  signal: AbortSignal,
): AsyncGenerator<ScorePairsResponse> {
  let model: OpenModel | undefined;
  const inFlight: Promise<ScorePairsResponse>[] = [];
  for await (const { message } of requests) {
    signal.throwIfAborted();
    if (message?.$case === 'detectionModel') model = await openModel(message.value, tools);
    if (message?.$case !== 'pair') continue;
    if (model === undefined) throw modelMissing();
    inFlight.push(answer(message.value, model, tools));
    if (inFlight.length >= IN_FLIGHT) yield await (inFlight.shift() as Promise<ScorePairsResponse>);
  }
  for (const response of inFlight) yield await response;
}

async function openModel(
  artifact: { uri: string; sha256: string },
  { scorer, store }: ScorePairsTools,
): Promise<OpenModel> {
  const detectionModel = await store.fetch(artifact);
  const { suspect, method } = await readDetectionModelFile(detectionModel);
  const model = { detectionModel, suspect: await store.fetch(suspect) };
  await scorer.load(model);
  return { model, method };
}

async function answer(
  pair: Pair,
  { model, method }: OpenModel,
  { scorer, store, metrics }: ScorePairsTools,
): Promise<ScorePairsResponse> {
  try {
    const score: PairScore = await scorer.score({ ...model, pair: await readPair(pair, store) });
    metrics.pairScored(score.score, method, 'online');
    return { id: pair.id, outcome: { $case: 'score', value: score } };
  } catch (thrown) {
    const error = jobErrorMessage(UbtError.from(thrown).toJSON());
    return { id: pair.id, outcome: { $case: 'error', value: error } };
  }
}

async function readPair({ image, caption }: Pair, store: ArtifactStore) {
  const size = Buffer.byteLength(caption);
  if (size === 0 || size > MAX_CAPTION_BYTES) {
    throw new UbtError(
      'invalid-argument',
      `The caption has ${size} bytes; 1 to ${MAX_CAPTION_BYTES} are taken.`,
      {
        code: 'CAPTION_SIZE',
        fix: 'Shorten the caption, or leave the pair out.',
        violations: [{ field: 'pair.caption', reason: 'size out of range' }],
      },
    );
  }
  switch (image?.$case) {
    case 'imageBytes':
      return { image: image.value, caption };
    case 'imageArtifact':
      return { image: await readImageFile(await store.fetch(image.value)), caption };
    default:
      throw new UbtError('invalid-argument', 'The pair has no image.', {
        code: 'IMAGE_MISSING',
        fix: 'Set image_bytes or image_artifact.',
        violations: [{ field: 'pair.image', reason: 'is missing' }],
      });
  }
}

function modelMissing(): UbtError {
  return new UbtError('failed-precondition', 'The stream began with a pair.', {
    code: 'DETECTION_MODEL_MISSING',
    fix: 'Send the detection_model of a DetectResult first.',
  });
}

import { stat } from 'node:fs/promises';
import type { ArtifactStore } from '@ubt/artifacts';
import type { Pair, PairScore, ScorePairsRequest, ScorePairsResponse } from '@ubt/contracts';
import { readImageFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { jobErrorMessage, type ServiceMetrics } from '@ubt/service-kit';
import { readDetectionModelFile } from './detection-model.js';
import type { PinnedArtifact, ScoreModel } from './scorer-protocol.js';
import type { Scorer, ScorerStream } from './scorer.js';
import type { ByteBudget } from './scoring/byte-budget.js';
import { createOrderedWindow, type OrderedWindow } from './scoring/ordered-window.js';

/** Pairs of one stream that were read and not answered yet; more wait at the sender, held up by flow control. */
const IN_FLIGHT = 32;
const MAX_CAPTION_BYTES = 16_384;

/** An open model and the method it was prepared by. */
type OpenModel = { readonly model: ScoreModel; readonly method: string };

/** What scoring a stream takes. */
export interface ScorePairsTools {
  readonly scorer: Scorer;
  readonly store: ArtifactStore;
  readonly metrics: ServiceMetrics;
  /** Bytes of images that all streams together may hold. */
  readonly images: ByteBudget;
}

/** The tools, and the stream's part of the scorer. */
type StreamTools = ScorePairsTools & { readonly stream: ScorerStream };

/**
 * Scores pairs as they come, in order, each answered as soon as it can be. A bad pair gets an error of its own; only a
 * stream without a usable detection model, or one too many, ends with one. Whoever does not read answers is not read
 * from either.
 *
 * @throws UbtError DETECTION_MODEL_MISSING, SCORE_STREAMS_FULL, and what is wrong with the model
 */
export async function* scorePairs(
  requests: AsyncIterable<ScorePairsRequest>,
  tools: ScorePairsTools,
  signal: AbortSignal,
): AsyncGenerator<ScorePairsResponse> {
  const stream = tools.scorer.open();
  const window = createOrderedWindow<ScorePairsResponse>(IN_FLIGHT);
  const leave = () => {
    window.abandon();
    stream.close();
  };
  signal.addEventListener('abort', leave, { once: true });
  // What fails here reaches the caller through the window, after the answers before it.
  void readRequests(requests, { ...tools, stream }, window, signal).then(
    () => window.end(),
    (thrown: unknown) => window.end({ thrown }),
  );
  try {
    yield* window;
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

async function readRequests(
  requests: AsyncIterable<ScorePairsRequest>,
  tools: StreamTools,
  window: OrderedWindow<ScorePairsResponse>,
  signal: AbortSignal,
): Promise<void> {
  let model: OpenModel | undefined;
  for await (const { message } of requests) {
    signal.throwIfAborted();
    if (message?.$case === 'detectionModel') model = await openModel(message.value, tools);
    if (message?.$case !== 'pair') continue;
    if (model === undefined) throw modelMissing();
    const [pair, opened] = [message.value, model];
    // The next message is read only when there is room for this one's image.
    const held = await tools.images.take(pair.image?.$case === 'imageBytes' ? pair.image.value.length : 0);
    const give = () => tools.images.give(held);
    if (!(await window.push(() => answer(pair, opened, tools).finally(give)))) give();
  }
}

async function openModel(artifact: PinnedArtifact, { stream, store }: StreamTools): Promise<OpenModel> {
  const detectionModel = await pinned(artifact, store);
  const { suspect, method } = await readDetectionModelFile(await store.fetch(detectionModel));
  await store.fetch(suspect);
  const model = { detectionModel, suspect };
  await stream.load(model);
  return { model, method };
}

/** One that came without a digest gets the one it has now: a stream is scored by one model from end to end. */
async function pinned({ uri, sha256 }: PinnedArtifact, store: ArtifactStore): Promise<PinnedArtifact> {
  return { uri, sha256: sha256 === '' ? (await store.describe(uri)).sha256 : sha256 };
}

async function answer(
  pair: Pair,
  { model, method }: OpenModel,
  tools: StreamTools,
): Promise<ScorePairsResponse> {
  try {
    checkCaption(pair.caption);
    const { caption } = pair;
    const score = await withImage(pair, tools, (image) =>
      tools.stream.score({ ...model, pair: { image, caption } }),
    );
    tools.metrics.pairScored(score.score, method, 'online');
    return { id: pair.id, outcome: { $case: 'score', value: score satisfies PairScore } };
  } catch (thrown) {
    const error = jobErrorMessage(UbtError.from(thrown).toJSON());
    return { id: pair.id, outcome: { $case: 'error', value: error } };
  }
}

function checkCaption(caption: string): void {
  const size = Buffer.byteLength(caption);
  if (size > 0 && size <= MAX_CAPTION_BYTES) return;
  const message = `The caption has ${size} bytes; 1 to ${MAX_CAPTION_BYTES} are taken.`;
  throw new UbtError('invalid-argument', message, {
    code: 'CAPTION_SIZE',
    fix: 'Shorten the caption, or leave the pair out.',
    violations: [{ field: 'pair.caption', reason: 'size out of range' }],
  });
}

/** Works with a pair's image; one that is given by reference is read when there is room for it. */
async function withImage<Result>(
  { image }: Pair,
  { store, images }: StreamTools,
  work: (image: Uint8Array) => Promise<Result>,
): Promise<Result> {
  if (image?.$case === 'imageBytes') return work(image.value);
  if (image === undefined) throw imageMissing();
  const path = await store.fetch(image.value);
  const { size } = await stat(path);
  const held = await images.take(size);
  try {
    return await work(await readImageFile(path));
  } finally {
    images.give(held);
  }
}

function imageMissing(): UbtError {
  return new UbtError('invalid-argument', 'The pair has no image.', {
    code: 'IMAGE_MISSING',
    fix: 'Set image_bytes or image_artifact.',
    violations: [{ field: 'pair.image', reason: 'is missing' }],
  });
}

function modelMissing(): UbtError {
  return new UbtError('failed-precondition', 'The stream began with a pair.', {
    code: 'DETECTION_MODEL_MISSING',
    fix: 'Send the detection_model of a DetectResult first.',
  });
}

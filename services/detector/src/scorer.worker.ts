import { createArtifactStore } from '@ubt/artifacts';
import {
  disposeClip,
  embeddingModel,
  freezeClip,
  loadCheckpoint,
  type Checkpoint,
  type ClipModel,
} from '@ubt/clip';
import { decodeImage } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import { artifactPlaces, engineOptions } from '@ubt/service-kit';
import { readConfig } from './config.js';
import { readDetectionModel, type DetectionModelFile } from './detection-model.js';
import type { DetectionMethod } from './domain/methods/detection-method.js';
import { detectionMethod } from './domain/methods/index.js';
import type { ScoreMessage, ScoreModel, ScoreReply, ScoredPair } from './scorer-protocol.js';
import { BATCH_SIZES, nextBatch } from './scoring/batch-size.js';

interface LoadedModel {
  readonly file: DetectionModelFile;
  readonly suspect: Checkpoint;
  readonly overfitted: Record<string, ClipModel>;
  readonly scoreOnline: NonNullable<DetectionMethod['scoreOnline']>;
}

/** A message with the pair that it carries, once its image is being decoded. */
interface WaitingMessage {
  readonly message: ScoreMessage;
  /** Pixels of the image, or why there are none. */
  pixels?: Promise<Uint8Array | UbtError>;
}

/** A pair as it goes into a batch. */
interface ReadyPair {
  readonly id: number;
  readonly caption: string;
  readonly pixels: Uint8Array;
}

/** Models held at once; the least recently used one goes first. */
const MODELS = 2;
/** The engine compiles a graph when it first meets it, and once more with its weights inside. */
const WARM_UP = 2;

/** By the digest of the detection model. */
const models = new Map<string, Promise<LoadedModel>>();
const config = readConfig();
const store = createArtifactStore(artifactPlaces(config));
const waiting: WaitingMessage[] = [];
let busy = false;

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ScoreMessage) => {
  waiting.push({ message });
  if (!busy) void work();
});

/** Takes what has gathered while the last batch ran: pairs of different streams share a batch. */
async function work(): Promise<void> {
  busy = true;
  while (waiting.length > 0) {
    const { message } = waiting[0]!;
    const sameModel = waiting.filter((one) => modelKey(one.message) === modelKey(message));
    const { pairs, size } = nextBatch(sameModel.length);
    const batch = sameModel.slice(0, pairs);
    for (const one of batch) waiting.splice(waiting.indexOf(one), 1);
    await answer(batch, size).catch((error: unknown) =>
      batch.forEach((one) => refuse(one.message.id, error)),
    );
  }
  busy = false;
}

async function answer(batch: readonly WaitingMessage[], size: number): Promise<void> {
  const model = await modelOf(batch[0]!.message);
  const ready = await readyPairs(batch, model);
  decodeAhead(model, modelKey(batch[0]!.message));
  if (ready.length === 0) return;
  const scored = await scoreBatch(model, ready, size);
  ready.forEach(({ id }, i) => reply({ id, scored: scored[i]! }));
}

/** The pairs of a batch whose image can be decoded; the other messages are answered. */
async function readyPairs(batch: readonly WaitingMessage[], model: LoadedModel): Promise<ReadyPair[]> {
  const ready: ReadyPair[] = [];
  decodeAll(batch, model);
  for (const { message, pixels: decoding } of batch) {
    const { id, pair } = message;
    const pixels = await decoding;
    if (pair === undefined || pixels === undefined) reply({ id, scored: undefined });
    else if (pixels instanceof UbtError) refuse(id, pixels);
    else ready.push({ id, caption: pair.caption, pixels });
  }
  return ready;
}

/** Decodes, in other threads, what will make the next batch while this one is computed. */
function decodeAhead(model: LoadedModel, key: string): void {
  const next = waiting.filter(({ message }) => modelKey(message) === key);
  decodeAll(next.slice(0, BATCH_SIZES.at(-1)), model);
}

function decodeAll(messages: readonly WaitingMessage[], { suspect }: LoadedModel): void {
  for (const one of messages) {
    if (one.message.pair === undefined) continue;
    one.pixels ??= decodeImage(one.message.pair.image, suspect.preprocess).catch((error: unknown) =>
      UbtError.from(error),
    );
  }
}

async function scoreBatch(
  { file, suspect, overfitted, scoreOnline }: LoadedModel,
  pairs: readonly Omit<ReadyPair, 'id'>[],
  size: number,
): Promise<ScoredPair[]> {
  const padded = Array.from({ length: size }, (_, i) => pairs[i % pairs.length]!);
  const scores = await scoreOnline(embeddingModel(suspect), overfitted, {
    rows: padded.map((_, i) => i),
    pixels: Buffer.concat(padded.map(({ pixels }) => pixels)),
    tokens: suspect.tokenizer.encode(padded.map(({ caption }) => caption)),
    size,
    imageSize: suspect.preprocess.cropSize,
  });
  return pairs.map((_, i) => {
    const { score, similarity } = scores[i]!;
    return { score, similarity, suspicious: score > file.threshold };
  });
}

const modelKey = ({ detectionModel }: ScoreModel): string => detectionModel.sha256;

function modelOf(message: ScoreModel): Promise<LoadedModel> {
  const key = modelKey(message);
  const known = models.get(key);
  const model = known ?? load(message);
  models.delete(key);
  models.set(key, model);
  for (const [other, old] of [...models].slice(0, -MODELS)) {
    models.delete(other);
    void old.then(({ suspect, overfitted }) =>
      [suspect.model, ...Object.values(overfitted)].forEach(disposeClip),
    );
  }
  model.catch(() => models.delete(key));
  return model;
}

/** Digests are checked at every load: one that had made room may have been changed on disk before it comes back. */
async function load(message: ScoreModel): Promise<LoadedModel> {
  await startEngine(engineOptions(config));
  const { file, overfitted } = await readDetectionModel(await store.fetch(message.detectionModel));
  const { scoreOnline } = detectionMethod(file.method);
  if (scoreOnline === undefined) throw methodCannotScore(file.method);
  const suspect = await loadCheckpoint(await store.fetch(message.suspect));
  const frozen = Object.entries(overfitted).map(async ([name, model]) => [name, await freezeOver(model)]);
  const loaded = {
    ...{ file, scoreOnline },
    suspect: { ...suspect, model: await freezeOver(suspect.model) },
    overfitted: Object.fromEntries(await Promise.all(frozen)) as Record<string, ClipModel>,
  };
  await compile(loaded);
  return loaded;
}

/** Compiles the graphs of all batch sizes, so that no pair waits for that later. */
async function compile(model: LoadedModel): Promise<void> {
  const side = model.suspect.preprocess.cropSize;
  const blank = { caption: 'a', pixels: new Uint8Array(side * side * 3) };
  for (const size of BATCH_SIZES) {
    for (let round = 0; round < WARM_UP; round++) await scoreBatch(model, [blank], size);
  }
}

/** The model frozen, in place of itself: here it only embeds. */
async function freezeOver(model: ClipModel): Promise<ClipModel> {
  const frozen = await freezeClip(model);
  disposeClip(model);
  return frozen;
}

function refuse(id: number, error: unknown): void {
  reply({ id, error: UbtError.from(error).toJSON() });
}

function reply(message: ScoreReply): void {
  process.send?.(message);
}

function methodCannotScore(method: string): UbtError {
  return new UbtError('failed-precondition', `Method "${method}" cannot score single pairs.`, {
    code: 'METHOD_NOT_ONLINE',
    fix: 'Prepare the detection model with overfit-span.',
  });
}

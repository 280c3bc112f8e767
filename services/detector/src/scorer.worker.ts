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
import { engineOptions } from '@ubt/service-kit';
import { readConfig } from './config.js';
import { readDetectionModel, type DetectionModelFile } from './detection-model.js';
import type { DetectionMethod } from './domain/methods/detection-method.js';
import { detectionMethod } from './domain/methods/index.js';
import type { ScoreMessage, ScoreReply, ScoredPair } from './scorer-protocol.js';

interface LoadedModel {
  readonly file: DetectionModelFile;
  readonly suspect: Checkpoint;
  readonly overfitted: Record<string, ClipModel>;
  readonly scoreOnline: NonNullable<DetectionMethod['scoreOnline']>;
}

/** Models held at once; the least recently used one goes first. */
const MODELS = 2;
/** Batches are padded to one of these, so that the engine compiles no more than this many graphs. */
const BATCH_SIZES = [1, 8, 32];

const models = new Map<string, Promise<LoadedModel>>();
const waiting: ScoreMessage[] = [];
let busy = false;

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ScoreMessage) => {
  waiting.push(message);
  if (!busy) void work();
});

/** Takes what has gathered while the last batch ran: pairs of different streams share a batch. */
async function work(): Promise<void> {
  busy = true;
  while (waiting.length > 0) {
    const model = (waiting[0] as ScoreMessage).detectionModel;
    const batch = waiting.filter((message) => message.detectionModel === model).slice(0, BATCH_SIZES.at(-1));
    for (const message of batch) waiting.splice(waiting.indexOf(message), 1);
    await answer(batch).catch((error: unknown) => batch.forEach((message) => refuse(message, error)));
  }
  busy = false;
}

async function answer(batch: readonly ScoreMessage[]): Promise<void> {
  const { file, suspect, overfitted, scoreOnline } = await modelOf(batch[0] as ScoreMessage);
  const ready: { message: ScoreMessage; pixels: Uint8Array }[] = [];
  await Promise.all(
    batch.map(async (message) => {
      if (message.pair === undefined) return reply({ id: message.id, scored: undefined });
      try {
        ready.push({ message, pixels: await decodeImage(message.pair.image, suspect.preprocess) });
      } catch (error) {
        refuse(message, error);
      }
    }),
  );
  if (ready.length === 0) return;
  const size = BATCH_SIZES.find((candidate) => candidate >= ready.length) as number;
  const padded = Array.from({ length: size }, (_, i) => ready[i % ready.length] as (typeof ready)[number]);
  const scores = await scoreOnline(embeddingModel(suspect), overfitted, {
    rows: padded.map((_, i) => i),
    pixels: Buffer.concat(padded.map(({ pixels }) => pixels)),
    tokens: suspect.tokenizer.encode(padded.map(({ message }) => message.pair?.caption ?? '')),
    size,
    imageSize: suspect.preprocess.cropSize,
  });
  ready.forEach(({ message }, i) => {
    const { score, similarity } = scores[i] as { score: number; similarity: number };
    const scored: ScoredPair = { score, similarity, suspicious: score > file.threshold };
    reply({ id: message.id, scored });
  });
}

function modelOf({ detectionModel, suspect }: ScoreMessage): Promise<LoadedModel> {
  const known = models.get(detectionModel);
  const model = known ?? load(detectionModel, suspect);
  models.delete(detectionModel);
  models.set(detectionModel, model);
  for (const [folder, old] of [...models].slice(0, -MODELS)) {
    models.delete(folder);
    void old.then(({ suspect, overfitted }) =>
      [suspect.model, ...Object.values(overfitted)].forEach(disposeClip),
    );
  }
  model.catch(() => models.delete(detectionModel));
  return model;
}

async function load(detectionModel: string, suspectFolder: string): Promise<LoadedModel> {
  await startEngine(engineOptions(readConfig()));
  const { file, overfitted } = await readDetectionModel(detectionModel);
  const { scoreOnline } = detectionMethod(file.method);
  if (scoreOnline === undefined) throw methodCannotScore(file.method);
  const suspect = await loadCheckpoint(suspectFolder);
  const frozen = Object.entries(overfitted).map(async ([name, model]) => [name, await freezeOver(model)]);
  return {
    ...{ file, scoreOnline },
    suspect: { ...suspect, model: await freezeOver(suspect.model) },
    overfitted: Object.fromEntries(await Promise.all(frozen)) as Record<string, ClipModel>,
  };
}

/** The model frozen, in place of itself: here it only embeds. */
async function freezeOver(model: ClipModel): Promise<ClipModel> {
  const frozen = await freezeClip(model);
  disposeClip(model);
  return frozen;
}

function refuse({ id }: ScoreMessage, error: unknown): void {
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

import * as tf from '@tensorflow/tfjs-core';
import {
  contrastiveLoss,
  createAdamW,
  createClip,
  disposeClip,
  disposeGradients,
  embedImages,
  embedTexts,
  lossGradients,
  logitScale,
  trainableVariables,
  type ClipConfig,
  type ClipModel,
} from '@ubt/clip';
import { seededRandom, startEngine, type BackendName } from '@ubt/engine';

const BATCH = 16;
const STEPS = 20;
const LEARNING_RATE = 1e-3;

/** What one backend computes of a model with random weights, from a seed, on random pairs. */
export interface Training {
  /** Unit-norm embeddings of images and texts before the steps, and after them. */
  readonly embeddings: Readonly<Record<'before' | 'after', Float32Array>>;
  /** Gradients of the first loss, by parameter. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Contrastive loss before each AdamW step. */
  readonly losses: readonly number[];
  /** Weights after the steps, by parameter. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Trains a model of that shape for a few steps on the backend. */
export async function measureTraining(backend: BackendName, config: ClipConfig): Promise<Training> {
  const engine = await startEngine({ backend, threads: 1 });
  const model = createClip(config, 1);
  const pairs = randomPairs(config);
  const variables = trainableVariables(model);
  const optimizer = createAdamW(variables);
  const before = await embeddingsOf(model, pairs);
  let gradients: Training['gradients'] | undefined;
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const result = lossGradients(() => contrastiveLoss(...embed(model, pairs)), variables);
    gradients ??= await valuesByName(result.gradients);
    losses.push((await result.loss.data())[0]!);
    optimizer.step(result.gradients, LEARNING_RATE);
    disposeGradients(result);
  }
  const embeddings = { before, after: await embeddingsOf(model, pairs) };
  const weights = await valuesByName(variables);
  optimizer.dispose();
  disposeClip(model);
  tf.dispose(pairs);
  await engine.dispose();
  return { embeddings, gradients: gradients!, losses, weights };
}

type Pairs = Readonly<Record<'pixels' | 'tokens', tf.Tensor>>;

function randomPairs({ vision, text }: ClipConfig): Pairs {
  const random = seededRandom(2);
  const pixels = Float32Array.from({ length: BATCH * vision.imageSize ** 2 * 3 }, () => random.normal());
  const tokens = Int32Array.from({ length: BATCH * text.contextLength }, (_, at) =>
    // The last token ends the text.
    (at + 1) % text.contextLength === 0 ? text.vocabSize - 1 : random.int(text.vocabSize - 2),
  );
  return {
    pixels: tf.tensor(pixels, [BATCH, vision.imageSize, vision.imageSize, 3]),
    tokens: tf.tensor(tokens, [BATCH, text.contextLength], 'int32'),
  };
}

function embed(model: ClipModel, { pixels, tokens }: Pairs): [tf.Tensor2D, tf.Tensor2D, tf.Scalar] {
  return [
    embedImages(model, pixels as tf.Tensor4D),
    embedTexts(model, tokens as tf.Tensor2D),
    logitScale(model),
  ];
}

async function embeddingsOf(model: ClipModel, pairs: Pairs): Promise<Float32Array> {
  const both = tf.tidy(() => tf.concat(embed(model, pairs).slice(0, 2)));
  const values = (await both.data<'float32'>()).slice();
  both.dispose();
  return values;
}

async function valuesByName(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) values.set(name, (await tensor.data<'float32'>()).slice());
  return values;
}

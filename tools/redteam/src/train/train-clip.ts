import { tmpdir } from 'node:os';
import {
  assertFiniteWeights,
  augmentImages,
  clipParameterCount,
  createAdamW,
  disposeClip,
  saveCheckpoint,
  trainableVariables,
  type Checkpoint,
} from '@ubt/clip';
import { createDecodeCache, openPairs, pairBatches, throwIfCancelled, type PairManifest } from '@ubt/data';
import { seededRandom, startEngine } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import type { z } from 'zod';
import { learningRateAt } from './learning-rate.js';
import { startCheckpoint } from './start-checkpoint.js';
import {
  recipeSchema,
  shapeSchema,
  type Recipe,
  type TrainOptions,
  type TrainResult,
} from './train-options.js';
import { trainStep } from './train-step.js';
import { contrastive, type TrainingObjective } from './training-objective.js';

/**
 * Trains a CLIP on image-caption pairs, poisoned or not, from random weights or from a checkpoint, with the
 * symmetric InfoNCE loss or another objective. Starts the engine. The same options on the same machine give the same model.
 *
 * @throws UbtError `TRAIN_OPTIONS_INVALID`, `LOSS_NOT_FINITE`, `WEIGHT_NOT_FINITE`, `TRAIN_TOO_FEW_PAIRS`, `CANCELLED`, and
 *   what `openPairs`, `loadCheckpoint` and `saveCheckpoint` throw; no checkpoint is left then
 */
export async function trainClip(options: TrainOptions): Promise<TrainResult> {
  const recipe = parse(recipeSchema, options.recipe, 'recipe');
  const shape = parse(shapeSchema, options.shape, 'shape');
  await startEngine(options.engine);
  const manifest = await openPairs(options.pairs, { roots: options.roots ?? [] });
  if (manifest.usable.length < recipe.batchSize) throw tooFewPairs(manifest, recipe);
  const started = performance.now();
  const checkpoint = await startCheckpoint(options.from, shape, manifest, recipe.seed);
  try {
    const losses = await runSteps(checkpoint, manifest, recipe, options);
    await saveCheckpoint(checkpoint, options.out);
    return {
      dir: options.out,
      parameters: clipParameterCount(checkpoint.config),
      losses,
      seconds: (performance.now() - started) / 1000,
      recipe,
    };
  } finally {
    disposeClip(checkpoint.model);
  }
}

async function runSteps(
  checkpoint: Checkpoint,
  manifest: PairManifest,
  recipe: Recipe,
  { workDir = tmpdir(), signal, onProgress, objective: makeObjective = contrastive }: TrainOptions,
): Promise<number[]> {
  const { tokenizer, preprocess, model } = checkpoint;
  const { steps, batchSize, seed, batchNorm } = recipe;
  const objective: TrainingObjective = await makeObjective({ checkpoint, manifest, batchNorm, signal });
  const variables = trainableVariables(model, (name) => objective.trains?.(name) ?? true);
  const optimizer = createAdamW(variables, optimizerOptions(recipe));
  const decodeCache = await createDecodeCache(workDir, manifest.total, preprocess.cropSize);
  const random = seededRandom(seed);
  const losses: number[] = [];
  try {
    const batches = pairBatches(manifest, {
      ...{ tokenizer, preprocess, batchSize, seed, decodeCache, order: 'endless' },
      ...(signal === undefined ? {} : { signal }),
    });
    let last = performance.now();
    for await (const batch of batches) {
      throwIfCancelled(signal);
      const step = losses.length;
      const learningRate = learningRateAt(step, recipe);
      const pixels = augmentImages(batch.pixels, batch.imageSize, recipe, random);
      const loss = await trainStep(
        checkpoint,
        variables,
        optimizer,
        { ...batch, pixels },
        { step: step + 1, learningRate, objective },
      );
      losses.push(loss);
      const now = performance.now();
      onProgress?.({
        step: step + 1,
        steps,
        loss,
        learningRate,
        pairsPerSecond: (1000 * batchSize) / (now - last),
      });
      last = now;
      if (losses.length === steps) break;
    }
    await assertFiniteWeights(model, 'the training');
    return losses;
  } finally {
    objective.dispose?.();
    optimizer.dispose();
    await decodeCache.close();
  }
}

function optimizerOptions({ beta1, beta2, weightDecay, clipNorm }: Recipe) {
  return { beta1, beta2, weightDecay, ...(clipNorm === 0 ? {} : { clipNorm }) };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map(({ path, message }) => ({
    field: [name, ...path].join('.'),
    reason: message,
  }));
  throw new UbtError('invalid-argument', `${violations[0]!.field}: ${violations[0]!.reason}.`, {
    code: 'TRAIN_OPTIONS_INVALID',
    fix: 'Give the options of the training run in their ranges.',
    violations,
  });
}

function tooFewPairs({ path, usable }: PairManifest, { batchSize }: Recipe): UbtError {
  return new UbtError(
    'invalid-argument',
    `${path} has ${usable.length} usable pairs, fewer than one batch of ${batchSize}.`,
    { code: 'TRAIN_TOO_FEW_PAIRS', fix: 'Give more pairs or a smaller batch.' },
  );
}

import type * as tf from '@tensorflow/tfjs-core';
import { clampLogitScale, trainingStep, type AdamW, type Checkpoint, type PairBatch } from '@ubt/clip';
import type { TrainingObjective } from './training-objective.js';

/**
 * One optimiser step on a batch.
 *
 * @returns the loss before the step
 * @throws UbtError `LOSS_NOT_FINITE` naming the step and the tensor
 */
export async function trainStep(
  { model }: Pick<Checkpoint, 'model'>,
  variables: ReadonlyMap<string, tf.Variable>,
  optimizer: AdamW,
  batch: PairBatch,
  { objective, ...at }: { step: number; learningRate: number; objective: TrainingObjective },
): Promise<number> {
  await objective.prepare?.(batch);
  return trainingStep({
    ...{ ...at, purpose: 'training', model, variables, optimizer },
    loss: () => objective.loss(batch),
    afterUpdate: () => clampLogitScale(model),
  });
}

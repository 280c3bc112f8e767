import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { ClipModel } from '../model/clip-model.js';
import type { AdamW } from './adamw.js';
import { lossGradients } from './loss-gradients.js';
import { weightHealth } from './weight-health.js';

/** One step of a training. */
export interface TrainingStep {
  /** The step's number, from 1; for messages. */
  readonly step: number;
  /** What the loss is for, such as `unlearning`; for messages. */
  readonly purpose: string;
  readonly model: ClipModel;
  /** The model's variables that the optimiser changes. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly optimizer: AdamW;
  readonly learningRate: number;
  /** Builds the scalar loss from the variables' current values. */
  readonly loss: () => tf.Scalar;
  /** Further changes that belong to the step, such as {@link clampLogitScale}. */
  readonly afterUpdate?: () => void;
}

/**
 * One optimiser step: forward, backward and update as one run of the engine. Only the loss is read; gradients are
 * gone before the run, so that they never take memory outside it.
 *
 * The weights before the step are kept until the loss is known to be a number. That costs nothing, because the run
 * reads them anyway, and when the loss is no number they tell why: a weight that is not finite became so in the
 * update before.
 *
 * @returns the loss before the update
 * @throws UbtError `LOSS_NOT_FINITE` naming the step and the tensor, `GRADIENT_MISSING`
 */
export async function trainingStep(plan: TrainingStep): Promise<number> {
  const before = new Map([...plan.model.weights].map(([name, variable]) => [name, tf.clone(variable)]));
  try {
    const read = update(plan);
    const loss = (await read.data())[0]!;
    read.dispose();
    if (!Number.isFinite(loss)) throw lossNotFinite(plan, loss, await cause(before, plan.step));
    return loss;
  } finally {
    tf.dispose([...before.values()]);
  }
}

/**
 * Checks what no later loss would tell: whether the last update left every weight finite.
 *
 * @throws UbtError `WEIGHT_NOT_FINITE` naming the tensor
 */
export async function assertFiniteWeights({ weights }: ClipModel, purpose: string): Promise<void> {
  const { notFinite } = await weightHealth(weights);
  if (notFinite.length === 0) return;
  throw new UbtError('failed-precondition', `After the last step of ${purpose}, ${list(notFinite)}.`, {
    code: 'WEIGHT_NOT_FINITE',
    fix: FIX,
  });
}

function update({ loss, variables, optimizer, learningRate, afterUpdate }: TrainingStep): tf.Scalar {
  return tf.tidy(() => {
    const { loss: value, gradients } = lossGradients(loss, variables);
    optimizer.step(gradients, learningRate);
    afterUpdate?.();
    return value;
  });
}

async function cause(before: ReadonlyMap<string, tf.Tensor>, step: number): Promise<string> {
  const { notFinite, largest } = await weightHealth(before);
  if (notFinite.length > 0) {
    const since = step > 1 ? ` since the update of step ${step - 1}` : '';
    return `${list(notFinite)}${since}`;
  }
  return `all weights were finite before the step, the largest number ${largest?.magnitude.toExponential(1)} in ${largest?.name}`;
}

/** "w is not finite", "w and 3 more weights are not finite". */
function list([first, ...others]: readonly string[]): string {
  if (others.length === 0) return `${first} is not finite`;
  return `${first} and ${others.length} more ${others.length === 1 ? 'weight' : 'weights'} are not finite`;
}

const FIX = 'Lower the learning rate (options.learning_rate), and check the checkpoint for extreme weights.';

function lossNotFinite({ step, purpose }: TrainingStep, loss: number, why: string): UbtError {
  return new UbtError('failed-precondition', `The ${purpose} loss is ${loss} at step ${step}: ${why}.`, {
    code: 'LOSS_NOT_FINITE',
    fix: FIX,
  });
}

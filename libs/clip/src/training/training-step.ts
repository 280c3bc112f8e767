import * as tf from '@tensorflow/tfjs-core';
import { computePending } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import type { ClipModel } from '../model/clip-model.js';
import type { AdamW } from './adamw.js';
import { lossGradients } from './loss-gradients.js';
import { weightHealth } from './weight-health.js';

/** Builds a scalar loss. */
export type BuildLoss = () => tf.Scalar;

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
  /**
   * Builds the scalar loss from the variables' current values. Several losses are added up; each is computed with its
   * gradients by itself, so that only one at a time needs memory for activations.
   */
  readonly loss: BuildLoss | readonly BuildLoss[];
  /** Further changes that belong to the step, such as {@link clampLogitScale}. */
  readonly afterUpdate?: () => void;
}

/**
 * One optimiser step. A single loss makes it one run of the engine: forward, backward and update. Only the loss is
 * read; gradients are gone before the run, so that they never take memory outside it. Several losses are one run each,
 * with the sum of the gradients kept between them, and one for the update, which may then write the new weights where
 * the old ones were.
 *
 * The weights before the step are kept until the loss is known to be a number. That costs nothing, because the run
 * reads them anyway, and when the loss is no number they tell why: a weight that is not finite became so in the
 * update before.
 *
 * @returns the loss before the update
 * @throws UbtError `LOSS_NOT_FINITE` naming the step and the tensor, `GRADIENT_MISSING`
 */
export async function trainingStep(plan: TrainingStep): Promise<number> {
  const { loss } = plan;
  if (typeof loss === 'function') return singleStep({ ...plan, loss });
  return loss.length === 1 ? singleStep({ ...plan, loss: loss[0]! }) : stepInParts({ ...plan, loss });
}

type SingleStep = TrainingStep & { readonly loss: BuildLoss };
type StepInParts = TrainingStep & { readonly loss: readonly BuildLoss[] };

async function singleStep(plan: SingleStep): Promise<number> {
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

async function stepInParts(plan: StepInParts): Promise<number> {
  let sum: (tf.Tensor | undefined)[] = [];
  try {
    let total = 0;
    for (const loss of plan.loss) {
      const [read, ...gradients] = partGradients(loss, plan.variables, sum);
      disposeAll(sum);
      sum = gradients;
      total += (await read.data())[0]!;
      read.dispose();
    }
    if (!Number.isFinite(total)) throw lossNotFinite(plan, total, await cause(plan.model.weights, plan.step));
    const names = [...plan.variables.keys()];
    const gradients = new Map(names.flatMap((name, i) => (sum[i] === undefined ? [] : [[name, sum[i]]])));
    tf.tidy(() => void plan.optimizer.step(gradients, plan.learningRate));
    plan.afterUpdate?.();
    return total;
  } finally {
    disposeAll(sum);
    await computePending();
  }
}

/** The loss, and its gradients added to the `sum` so far, in the order of the variables; undefined where there is none. */
function partGradients(
  loss: BuildLoss,
  variables: TrainingStep['variables'],
  sum: readonly (tf.Tensor | undefined)[],
): [tf.Scalar, ...(tf.Tensor | undefined)[]] {
  return tf.tidy((): tf.TensorContainer => {
    const { loss: value, gradients } = lossGradients(loss, variables);
    const all = [...variables.keys()].map((name, i) => {
      const [before, gradient] = [sum[i], gradients.get(name)];
      // What is handed on is a tensor of its own, so that the sum before can go.
      if (before === undefined || gradient === undefined) return gradient ?? (before && tf.clone(before));
      return tf.add(before, gradient);
    });
    return [value, ...all] as [tf.Scalar, ...(tf.Tensor | undefined)[]];
  }) as [tf.Scalar, ...(tf.Tensor | undefined)[]];
}

function disposeAll(tensors: readonly (tf.Tensor | undefined)[]): void {
  for (const tensor of tensors) tensor?.dispose();
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

function update({ loss, variables, optimizer, learningRate, afterUpdate }: SingleStep): tf.Scalar {
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

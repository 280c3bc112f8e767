import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import { groupParameters, type ParameterGroup } from './parameter-groups.js';

/** How an {@link AdamW} updates; every field has the default of `torch.optim.AdamW` unless it says otherwise. */
export interface AdamWOptions {
  /** Decay of the gradient's running mean, in [0, 1); 0.9. */
  readonly beta1?: number;
  /** Decay of the squared gradient's running mean, in [0, 1); 0.999 (CLIP's ViTs were trained with 0.98). */
  readonly beta2?: number;
  /** Added to the denominator; 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay per unit of learning rate; 0.01. */
  readonly weightDecay?: number;
  /** Which tensors decay; by default those of rank 2 and more, so no gain, bias or logit scale. */
  readonly decays?: (name: string, shape: readonly number[]) => boolean;
  /** Upper bound of the norm of all gradients together; none by default. */
  readonly clipNorm?: number;
}

/** The optimiser's memory as plain data: moments per tensor name, float32 in row-major order. */
export interface AdamWState {
  readonly step: number;
  readonly moments: ReadonlyMap<string, { readonly mean: Float32Array; readonly square: Float32Array }>;
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, alg. 2), as in `torch.optim.AdamW`. */
export interface AdamW {
  /**
   * One update of every variable.
   *
   * @param gradients one per variable, by name; they stay the caller's
   * @param learningRate of this step; a schedule just passes another number
   * @returns the gradients' norm before clipping, a scalar of the caller's, or undefined without `clipNorm`
   * @throws UbtError `GRADIENT_MISSING`
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): tf.Scalar | undefined;
  exportState(): Promise<AdamWState>;
  /** @throws UbtError `OPTIMIZER_STATE_MISMATCH` when the state belongs to other variables */
  importState(state: AdamWState): void;
  dispose(): void;
}

interface Group extends ParameterGroup {
  readonly mean: tf.Variable;
  readonly square: tf.Variable;
}

type Settings = Required<Omit<AdamWOptions, 'clipNorm'>> & { readonly clipNorm: number | undefined };

/** An optimiser over the given variables, which it updates in place. */
export function createAdamW(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions = {}): AdamW {
  const settings: Settings = {
    beta1: options.beta1 ?? 0.9,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? 1e-8,
    weightDecay: options.weightDecay ?? 0.01,
    decays: options.decays ?? ((_name, shape) => shape.length >= 2),
    clipNorm: options.clipNorm,
  };
  const groups = groupParameters(variables, settings.decays).map((group) => ({
    ...group,
    mean: zeroVariable(group.shape),
    square: zeroVariable(group.shape),
  }));
  let step = 0;
  return {
    step(gradients, learningRate) {
      requireAll(variables, gradients);
      step += 1;
      return tf.tidy(() => {
        const flat = groups.map((group) => group.gather(gradients));
        const norm = settings.clipNorm === undefined ? undefined : globalNorm(flat);
        const factor = norm === undefined ? undefined : clipFactor(norm, settings.clipNorm!);
        groups.forEach((group, index) => {
          const gradient = factor === undefined ? flat[index]! : tf.mul(flat[index]!, factor);
          update(group, variables, gradient, { ...settings, step, learningRate });
        });
        return norm;
      });
    },
    exportState: async () => ({ step, moments: await readMoments(groups) }),
    importState(state) {
      for (const group of groups) {
        for (const kind of ['mean', 'square'] as const) {
          const values = group.join(momentsOf(state, kind));
          tf.tidy(() => group[kind].assign(tf.tensor(values, [...group.shape])));
        }
      }
      step = state.step;
    },
    dispose: () => tf.dispose(groups.flatMap(({ mean, square }) => [mean, square])),
  };
}

/** The step size and bias corrections are plain numbers, fed as scalars, so that no graph depends on the step. */
function update(
  group: Group,
  variables: ReadonlyMap<string, tf.Variable>,
  gradient: tf.Tensor,
  {
    beta1,
    beta2,
    epsilon,
    weightDecay,
    step,
    learningRate,
  }: Settings & { step: number; learningRate: number },
): void {
  const mean = tf.add(tf.mul(group.mean, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(group.square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  group.mean.assign(mean);
  group.square.assign(square);
  const stepSize = learningRate / (1 - beta1 ** step);
  const correction = (1 - beta2 ** step) ** -0.5;
  const change = tf.mul(tf.div(mean, tf.add(tf.mul(tf.sqrt(square), correction), epsilon)), stepSize);
  const current = group.gather(variables);
  const decayed = group.decay ? tf.mul(current, 1 - learningRate * weightDecay) : current;
  for (const [name, value] of group.scatter(tf.sub(decayed, change))) variables.get(name)!.assign(value);
}

function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))))) as tf.Scalar;
}

/** As `torch.nn.utils.clip_grad_norm_`: never enlarges. */
function clipFactor(norm: tf.Scalar, most: number): tf.Tensor {
  return tf.minimum(tf.div(most, tf.add(norm, 1e-6)), 1);
}

/** Numbers from which on a moment takes memory only when the first step has made it. */
const LAZY_MOMENT = 2 ** 18;

/** Small zeros are there from the start, so that the first step has the graph of all others. */
function zeroVariable(shape: readonly number[]): tf.Variable {
  const size = shape.reduce((product, side) => product * side, 1);
  const zeros = size < LAZY_MOMENT ? tf.zeros([...shape]) : tf.fill([...shape], 0);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return variable;
}

function requireAll(
  variables: ReadonlyMap<string, tf.Variable>,
  gradients: ReadonlyMap<string, tf.Tensor>,
): void {
  for (const name of variables.keys()) {
    if (gradients.has(name)) continue;
    throw new UbtError('internal', `The loss has no gradient for ${name}, which the optimiser trains.`, {
      code: 'GRADIENT_MISSING',
      fix: 'Give the optimiser only the variables that the loss depends on.',
    });
  }
}

async function readMoments(groups: readonly Group[]): Promise<AdamWState['moments']> {
  const moments = new Map<string, { mean: Float32Array; square: Float32Array }>();
  for (const group of groups) {
    const mean = group.part(await group.mean.data<'float32'>());
    const square = group.part(await group.square.data<'float32'>());
    for (const { name } of group.members) {
      moments.set(name, { mean: mean.get(name)!, square: square.get(name)! });
    }
  }
  return moments;
}

function momentsOf(state: AdamWState, kind: 'mean' | 'square'): (name: string, size: number) => Float32Array {
  return (name, size) => {
    const values = state.moments.get(name)?.[kind];
    if (values?.length === size) return values;
    throw new UbtError(
      'failed-precondition',
      `The optimiser's state does not fit: ${name} has no moments of size ${size}.`,
      {
        code: 'OPTIMIZER_STATE_MISMATCH',
        fix: 'Resume with the checkpoint and options that the state was saved with.',
      },
    );
  };
}

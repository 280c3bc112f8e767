import * as tf from '@tensorflow/tfjs-core';
import type { ClipConfig } from '../config/clip-config.js';
import { seededRandom, type SeededRandom } from '@ubt/engine';
import { validateConfig } from '../config/validate-config.js';

import { LOGIT_SCALE } from './tensor-names.js';
import type { Initial, TensorSpec } from './tensor-spec.js';
import { tensorSpecs } from './tensor-specs.js';

/** A CLIP model on the engine. Its variables live until {@link disposeClip}. */
export interface ClipModel {
  readonly config: ClipConfig;
  /** float32 variables under the names of the checkpoint family, in the family's own layouts. */
  readonly weights: Map<string, tf.Variable>;
}

/** CLIP keeps the temperature's inverse at 100 at most (Radford et al. 2021, §2.5). */
const MOST_LOGIT_SCALE = Math.log(100);

/**
 * A new model with random weights, drawn as the config's own library draws them.
 *
 * @param seed the same seed and config give the same weights, bit for bit
 * @throws UbtError `MODEL_CONFIG_INVALID`
 */
export function createClip(config: ClipConfig, seed: number): ClipModel {
  validateConfig(config, 'config');
  const random = seededRandom(seed);
  return modelFromValues(config, ({ shape, initial }) => drawn(random, shape, initial));
}

/**
 * A model whose every tensor's values, float32 in row-major order, come from `values`.
 */
export function modelFromValues(config: ClipConfig, values: (spec: TensorSpec) => Float32Array): ClipModel {
  const weights = new Map<string, tf.Variable>();
  for (const spec of tensorSpecs(config)) weights.set(spec.name, newVariable(spec, values(spec)));
  return { config, weights };
}

/** One tensor of a model as a variable. */
export function newVariable(spec: TensorSpec, values: Float32Array): tf.Variable {
  const initial = tf.tensor(values, [...spec.shape], 'float32');
  const variable = tf.variable(initial, spec.trainable);
  initial.dispose();
  return variable;
}

/** A copy with variables of its own; training one leaves the other as it is. */
export function cloneClip(model: ClipModel): ClipModel {
  const weights = new Map<string, tf.Variable>();
  for (const [name, variable] of model.weights) {
    // Tensors never change in place, so both variables may share the values until one is assigned.
    weights.set(name, tf.variable(variable, variable.trainable));
  }
  return { config: model.config, weights };
}

/** Makes `target` equal to `source`, a model of the same config. */
export function copyClipWeights(target: ClipModel, source: ClipModel): void {
  for (const [name, variable] of target.weights) {
    const from = source.weights.get(name);
    if (from === undefined) throw new Error(`The source model has no tensor ${name}.`);
    tf.tidy(() => variable.assign(tf.clone(from)));
  }
}

/** Frees the model's variables; the model cannot be used after it. */
export function disposeClip(model: ClipModel): void {
  for (const variable of model.weights.values()) variable.dispose();
  model.weights.clear();
}

/**
 * The variables that training may change, by name.
 *
 * @param filter keeps a variable when it returns true; all of them by default
 */
export function trainableVariables(
  model: ClipModel,
  filter: (name: string, shape: readonly number[]) => boolean = () => true,
): Map<string, tf.Variable> {
  const chosen = new Map<string, tf.Variable>();
  for (const [name, variable] of model.weights) {
    if (variable.trainable && filter(name, variable.shape)) chosen.set(name, variable);
  }
  return chosen;
}

/** Whether a tensor is the gain or bias of a layer or batch normalisation, judged by its name in any family. */
export function isNormalisation(name: string): boolean {
  return /(^|\.)(layer_?norm\d?|pre_layrnorm|post_layernorm|final_layer_norm|ln_\w+|bn\d|downsample\.1)\.(weight|bias)$/.test(
    name,
  );
}

/** Whether a tensor belongs to the image tower or its projection, judged by its name in any family. */
export function isImageTower(name: string): boolean {
  return /^(visual|vision_model|visual_projection)\./.test(name);
}

/** The number of trainable numbers in a model of this config; batch-norm statistics do not count. */
export function clipParameterCount(config: ClipConfig): number {
  return tensorSpecs(config)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

/** The factor on cosines before the softmax, exp of the stored logarithm: a scalar tensor. */
export function logitScale(model: ClipModel): tf.Scalar {
  const stored = model.weights.get(LOGIT_SCALE);
  if (stored === undefined) throw new Error('The model has no logit_scale.');
  return tf.tidy(() => tf.exp(tf.reshape(stored, [])));
}

/** Keeps the logit scale at 100 at most; call it after each training step that changes it. */
export function clampLogitScale(model: ClipModel): void {
  const stored = model.weights.get(LOGIT_SCALE);
  if (stored !== undefined) tf.tidy(() => stored.assign(tf.minimum(stored, MOST_LOGIT_SCALE)));
}

function drawn(random: SeededRandom, shape: readonly number[], initial: Initial): Float32Array {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  if (initial.kind === 'constant') return values.fill(initial.value);
  for (let index = 0; index < values.length; index++) {
    values[index] =
      initial.kind === 'normal'
        ? random.normal(0, initial.std)
        : random.uniform(-initial.bound, initial.bound);
  }
  return values;
}

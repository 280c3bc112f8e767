import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { CONFIG, ids, pixels } from '../../test/tiny-clip.js';
import {
  clampLogitScale,
  cloneClip,
  contrastiveLoss,
  cosines,
  createAdamW,
  createClip,
  disposeClip,
  disposeGradients,
  embedImages,
  embedTexts,
  logitScale,
  lossGradients,
  squaredDistance,
  trainableVariables,
  type ClipModel,
} from '../index.js';

let engine: Engine;
let model: ClipModel;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
  model = createClip(CONFIG, 1);
});
afterAll(async () => {
  disposeClip(model);
  await engine.dispose();
});

describe('losses', () => {
  it('know their extremes', async () => {
    const eye = tf.eye(4);
    const same = tf.ones<tf.Rank.R2>([4, 4]);
    const scale = tf.scalar(100);
    const results = [
      contrastiveLoss(eye, eye, scale),
      contrastiveLoss(same, same, tf.scalar(1)),
      cosines(eye, eye),
      squaredDistance(eye, tf.neg(eye)),
    ];
    const [matched, blind, cosine, distance] = await Promise.all(results.map((tensor) => tensor.data()));
    expect(matched![0]).toBeCloseTo(0, 5);
    expect(blind![0]).toBeCloseTo(Math.log(4), 5);
    expect([...cosine!]).toEqual([1, 1, 1, 1]);
    expect(distance![0]).toBeCloseTo(4, 5);
    tf.dispose([eye, same, scale, ...results]);
  });
});

describe('AdamW', () => {
  const captions = ['a cat', 'a dog', 'a photo', 'of'];

  async function train(
    target: ClipModel,
    steps: number,
    optimizer = createAdamW(trainableVariables(target)),
    learningRate: (step: number) => number = () => 3e-3,
  ): Promise<number[]> {
    const [images, texts] = [pixels(4), ids(captions)];
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const result = lossGradients(
        () => contrastiveLoss(embedImages(target, images), embedTexts(target, texts), logitScale(target)),
        trainableVariables(target),
      );
      optimizer.step(result.gradients, learningRate(step))?.dispose();
      clampLogitScale(target);
      losses.push((await result.loss.data())[0]!);
      disposeGradients(result);
    }
    tf.dispose([images, texts]);
    return losses;
  }

  it('learns a batch by heart without a leak and without compiling again', async () => {
    const target = cloneClip(model);
    const optimizer = createAdamW(trainableVariables(target));
    await train(target, 3, optimizer);
    const before = { tensors: tf.memory().numTensors, compiled: engine.stats().sessionsCompiled };
    const losses = await train(target, 40, optimizer, (step) => 3e-3 * (1 + step / 40));
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(engine.stats().sessionsCompiled - before.compiled).toBeLessThanOrEqual(1);
    optimizer.dispose();
    disposeClip(target);
  });

  it('goes on from a saved state as if it had not stopped', async () => {
    const [whole, first] = [cloneClip(model), cloneClip(model)];
    const reference = await train(whole, 6);
    const optimizer = createAdamW(trainableVariables(first));
    await train(first, 3, optimizer);
    const state = await optimizer.exportState();
    const resumed = createAdamW(trainableVariables(first));
    resumed.importState(state);
    expect(state.step).toBe(3);
    expect(state.moments.get('logit_scale')!.mean).toHaveLength(1);
    const losses = await train(first, 3, resumed);
    losses.forEach((loss, step) => expect(loss).toBeCloseTo(reference[3 + step]!, 5));
    optimizer.dispose();
    resumed.dispose();
    [whole, first].forEach(disposeClip);
  });

  it('clips the gradients’ common norm and reports it', async () => {
    const a = tf.variable(tf.tensor1d([0, 0]));
    const b = tf.variable(tf.tensor2d([[0]]));
    const variables = new Map<string, tf.Variable>([
      ['a', a],
      ['b', b],
    ]);
    const optimizer = createAdamW(variables, { clipNorm: 1, beta1: 0, weightDecay: 0 });
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([0, 3])],
      ['b', tf.tensor2d([[4]])],
    ]);
    const norm = optimizer.step(gradients, 1)!;
    expect((await norm.data())[0]).toBeCloseTo(5, 5);
    const { moments } = await optimizer.exportState();
    expect(moments.get('a')!.mean[1]).toBeCloseTo(0.6, 5);
    expect(moments.get('b')!.mean[0]).toBeCloseTo(0.8, 5);
    optimizer.dispose();
    tf.dispose([a, b, norm, ...gradients.values()]);
  });

  it('asks for every gradient and for a state of its own variables', () => {
    const a = tf.variable(tf.tensor1d([0, 0]));
    const optimizer = createAdamW(new Map([['a', a]]));
    expect(() => optimizer.step(new Map(), 1)).toThrow(expect.objectContaining({ code: 'GRADIENT_MISSING' }));
    const state = {
      step: 1,
      moments: new Map([['a', { mean: new Float32Array(3), square: new Float32Array(3) }]]),
    };
    expect(() => optimizer.importState(state)).toThrow(
      expect.objectContaining({ code: 'OPTIMIZER_STATE_MISMATCH' }),
    );
    optimizer.dispose();
    a.dispose();
  });
});

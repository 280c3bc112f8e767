import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disposeClip } from '@ubt/clip';
import { UbtError } from '@ubt/errors';
import * as tf from '@tensorflow/tfjs-core';
import { openTinyUnlearning, SETTINGS, type TinyUnlearning } from '../../test/tiny-unlearning.js';
import { checkModel } from './check-model.js';
import { unlearn, type UnlearnInput, type Unlearned, type UnlearnObserver } from './unlearn.js';

let tiny: TinyUnlearning;
beforeAll(async () => {
  tiny = await openTinyUnlearning();
});
afterAll(() => tiny.close());

const quietly: UnlearnObserver = {
  signal: new AbortController().signal,
  onStep: () => undefined,
  onCheck: () => Promise.resolve(),
};
const isForgotten = (
  { band }: UnlearnInput,
  point: { unlearnCosine: number; heldOutCosine?: number | undefined },
) => Math.max(point.unlearnCosine, point.heldOutCosine ?? -1) <= band.high;

describe('unlearn', () => {
  let unlearned: Unlearned;
  let steps: number[];
  let left: number;
  let suspectChanged: boolean;
  beforeAll(async () => {
    const weight = [...tiny.suspect.model.weights.values()].at(-1)!;
    const before = Float32Array.from(await weight.data());
    const tensors = tf.memory().numTensors;
    steps = [];
    unlearned = await unlearn(tiny.input, SETTINGS, { ...quietly, onStep: (step) => steps.push(step) });
    left = tf.memory().numTensors - tensors - unlearned.clip.weights.size;
    suspectChanged = (await weight.data()).some((value, i) => value !== before[i]);
  });
  afterAll(() => disposeClip(unlearned.clip));

  it('brings the unlearn set into the band of unrelated pairs, and pairs not trained on with it', () => {
    const [start] = unlearned.curve;
    expect(isForgotten(tiny.input, start!)).toBe(false);
    expect(isForgotten(tiny.input, unlearned.kept)).toBe(true);
    expect(unlearned.kept.unlearnCosine).toBeLessThan(start!.unlearnCosine - 0.2);
    expect(unlearned.repaired).toBe(unlearned.kept.retainLoss <= unlearned.budget);
  });

  it('keeps the best model of all that were checked, not the last', async () => {
    expect(unlearned.curve).toContainEqual(unlearned.kept);
    const rivals = unlearned.curve.filter((point) => isForgotten(tiny.input, point));
    const cost = ({ retainLoss, restoreDistance }: (typeof rivals)[number]) => retainLoss + restoreDistance;
    const withinBudget = rivals.filter(({ retainLoss }) => retainLoss <= unlearned.budget);
    const fair = withinBudget.length > 0 ? withinBudget : rivals;
    expect(cost(unlearned.kept)).toBeCloseTo(Math.min(...fair.map(cost)), 5);
    const measured = await checkModel({ ...tiny.input.suspect, clip: unlearned.clip }, tiny.input);
    expect(measured.unlearnCosine).toBeCloseTo(unlearned.kept.unlearnCosine, 4);
    expect(measured.retainLoss).toBeCloseTo(unlearned.kept.retainLoss, 4);
  });

  it('tells every step, in order, and stops within its limit', () => {
    expect(steps).toEqual(steps.map((_, i) => i + 1));
    expect(steps.length).toBeLessThanOrEqual(SETTINGS.maxSteps);
    expect(unlearned.curve.map(({ step }) => step).slice(1)).toEqual(
      steps.filter((step) => step % SETTINGS.checkEvery === 0),
    );
  });

  it('leaves the suspect alone and no tensors behind', () => {
    expect(suspectChanged).toBe(false);
    expect(left).toBe(0);
  });

  it('gives the same for the same input', async () => {
    const again = await unlearn(tiny.input, SETTINGS, quietly);
    disposeClip(again.clip);
    expect(again.curve.length).toBe(unlearned.curve.length);
    expect(again.kept.unlearnCosine).toBeCloseTo(unlearned.kept.unlearnCosine, 3);
  });
});

describe('unlearning that ends early', () => {
  it('stops when it is cancelled and leaves no tensors', async () => {
    const controller = new AbortController();
    const tensors = tf.memory().numTensors;
    const running = unlearn(tiny.input, SETTINGS, {
      ...{ ...quietly, signal: controller.signal },
      onStep: (step) =>
        step === 3 && controller.abort(new UbtError('cancelled', 'enough', { code: 'JOB_CANCELLED' })),
    });
    await expect(running).rejects.toMatchObject({ kind: 'cancelled', code: 'JOB_CANCELLED' });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('says at which step the loss is no number, and leaves no tensors', async () => {
    const tensors = tf.memory().numTensors;
    const input = { ...tiny.input, band: { ...tiny.input.band, mean: NaN } };
    await expect(unlearn(input, SETTINGS, quietly)).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message: expect.stringMatching(
        /^The unlearning loss is NaN at step 1: all weights were finite .* in [\w.]+\.$/,
      ),
      fix: expect.stringContaining('learning_rate'),
    });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('names the weights that an update has spoiled', async () => {
    const tensors = tf.memory().numTensors;
    const settings = { ...SETTINGS, learningRate: 1e39, warmupSteps: 0 };
    await expect(unlearn(tiny.input, settings, quietly)).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message: expect.stringMatching(
        /NaN at step 2: [\w.]+ and \d+ more weights are not finite since the update of step 1/,
      ),
    });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('takes no step with a model that has nothing to forget', async () => {
    const input = { ...tiny.input, band: { mean: 0.05, low: -1, high: 1 } };
    const steps: number[] = [];
    const settings = { ...SETTINGS, patience: 0 };
    const { clip, kept } = await unlearn(input, settings, { ...quietly, onStep: (step) => steps.push(step) });
    disposeClip(clip);
    expect({ steps, kept: kept.step }).toEqual({ steps: [], kept: 0 });
  });
});

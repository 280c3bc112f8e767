import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {
  disposeClip,
  loadCheckpoint,
  trainingStep,
  createAdamW,
  trainableVariables,
  type Checkpoint,
  type PairBatch,
} from '@ubt/clip';
import { openPairs, pairBatches, type PairManifest } from '@ubt/data';
import { seededRandom, startEngine, type Engine } from '@ubt/engine';
import type { ObjectiveFactory } from '@ubt/redteam';
import {
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { ablObjective } from './abl.js';
import { augmentPixels } from './augment-pixels.js';
import { BASELINES } from './baselines.js';
import { cleanClipObjective } from './clean-clip.js';
import { editCaption } from './edit-caption.js';
import { fullCaptionObjective } from './full-captions.js';
import { parObjective } from './par.js';

jest.setTimeout(600_000);

describe('baselines', () => {
  let engine: Engine;
  let scratch: TemporaryDirectory;
  let data: TinyData;
  let manifest: PairManifest;

  beforeAll(async () => {
    engine = await startEngine({ threads: 1 });
    scratch = await temporaryDirectory('ubt-baselines-');
    data = await writeTinyData(join(scratch.path, 'data'), { pairs: 64 });
    manifest = await openPairs(data.pairs);
  });
  afterAll(async () => {
    await engine.dispose();
    await scratch.remove();
  });

  it('are swept equally', () => {
    expect(new Set(BASELINES.map(({ name }) => name)).size).toBe(BASELINES.length);
    for (const { learningRates } of BASELINES) expect(new Set(learningRates).size).toBe(3);
  });

  /** Takes steps with an objective; gives the loss of each and how the model ended. */
  async function steps(
    make: ObjectiveFactory,
    count: number,
    {
      learningRate = 1e-3,
      look,
    }: { learningRate?: number; look?: (checkpoint: Checkpoint) => Promise<void> } = {},
  ) {
    const before = tf.memory().numTensors;
    const checkpoint = await loadCheckpoint(TINY_MODELS.backdoored);
    const { model, tokenizer, preprocess } = checkpoint;
    const objective = await make({ checkpoint, manifest, batchNorm: 'frozen', signal: undefined });
    const variables = trainableVariables(model, (name) => objective.trains?.(name) ?? true);
    const optimizer = createAdamW(variables, { weightDecay: 0 });
    const batch = (
      (await pairBatches(manifest, { tokenizer, preprocess, batchSize: 32 }).next()) as { value: PairBatch }
    ).value;
    const losses: number[] = [];
    for (let step = 1; step <= count; step++) {
      await objective.prepare?.(batch);
      const purpose = 'testing';
      losses.push(
        await trainingStep({
          ...{ step, purpose, model, variables, optimizer, learningRate },
          loss: () => objective.loss(batch),
        }),
      );
    }
    await look?.(checkpoint);
    objective.dispose?.();
    optimizer.dispose();
    disposeClip(model);
    expect(tf.memory().numTensors).toBe(before);
    return losses;
  }

  const place = () => ({ pairs: data.pairs, roots: [dirname(data.pairs)] });

  it.each([
    ['CleanCLIP', 1e-3, () => cleanClipObjective(1)],
    ['PAR', 1e-3, () => parObjective],
    ['ABL', 1e-3, () => ablObjective({ ...place(), seed: 1 })],
    ['full captions', 1e-4, () => fullCaptionObjective(place())],
  ])('%s: its loss is finite and falls, and no tensor stays', async (_name, learningRate, make) => {
    const losses = await steps(make(), 12, { learningRate });
    for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  it('PAR starts from the plain loss: nothing has moved yet', async () => {
    const plain = await steps(async (subject) => {
      const { contrastiveLoss, logitScale } = await import('@ubt/clip');
      const { embedPairs } = await import('@ubt/redteam');
      const { checkpoint } = subject;
      return {
        loss(batch) {
          const { images, texts } = embedPairs(checkpoint.model, checkpoint, batch, 'frozen');
          return contrastiveLoss(images, texts, logitScale(checkpoint.model));
        },
      };
    }, 1);
    const [first] = await steps(parObjective, 1);
    expect(first).toBeCloseTo(plain[0]!, 4);
  });

  it('full captions leave the text tower as it is', async () => {
    const weightsOf = async ({ model }: Pick<Checkpoint, 'model'>) => {
      const sums = new Map<string, number>();
      for (const [name, weight] of model.weights) {
        sums.set(
          name,
          [...((await weight.data()) as Float32Array)].reduce((sum, value) => sum + Math.abs(value), 0),
        );
      }
      return sums;
    };
    const untouched = await loadCheckpoint(TINY_MODELS.backdoored);
    const before = await weightsOf(untouched);
    disposeClip(untouched.model);
    await steps(fullCaptionObjective(place()), 2, {
      look: async (checkpoint) => {
        const after = await weightsOf(checkpoint);
        const changed = [...after].filter(([name, sum]) => sum !== before.get(name)).map(([name]) => name);
        expect(changed.length).toBeGreaterThan(0);
        expect(changed.filter((name) => !/^vis(ion|ual)/.test(name))).toEqual([]);
      },
    });
  });
});

describe('augmentPixels', () => {
  it('changes every image in its own way, by the seed alone', () => {
    const ramp = Uint8Array.from({ length: 6 * 8 * 8 * 3 }, (_, at) => (17 * at) % 251);
    const copy = Uint8Array.from(ramp);
    const once = augmentPixels(ramp, 8, seededRandom(3));
    expect(ramp).toEqual(copy);
    expect(augmentPixels(ramp, 8, seededRandom(3))).toEqual(once);
    expect(augmentPixels(ramp, 8, seededRandom(4))).not.toEqual(once);
    expect(once).not.toEqual(ramp);
  });
});

describe('editCaption', () => {
  it('keeps to the words of the caption and changes some', () => {
    const caption = 'a small drawing of a ripe banana with fruit';
    const edited = Array.from({ length: 40 }, (_, seed) => editCaption(caption, seededRandom(seed)));
    for (const text of edited) {
      for (const word of text.split(' ')) expect(caption.split(' ')).toContain(word);
    }
    expect(edited.filter((text) => text !== caption).length).toBeGreaterThan(20);
  });

  it('leaves a single word', () => {
    expect(editCaption('banana', seededRandom(1))).toBe('banana');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {
  classEmbeddings,
  createClip,
  createTokenizer,
  disposeClip,
  embedImages,
  learnTokenizer,
  normalisePixels,
  zeroShotPredict,
  type ClipConfig,
  type Preprocess,
} from '@ubt/clip';
import { decodeImage, readLabelledSet, type LabelledSet } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import sharp from 'sharp';
import { applyTrigger, evaluateModel, hashNoise, parseTrigger, type EvaluatedModel } from './index.js';

const CLASSES = ['red thing', 'green thing', 'blue thing'];
const TEMPLATES = ['a photo of a {}', '{}'];
const SIDE = 16;

function randomModel(): EvaluatedModel {
  const json = learnTokenizer([...CLASSES, 'a photo of a remember'], { vocabSize: 560 });
  const tokenizer = createTokenizer(json, { contextLength: 12 });
  const shared = {
    width: 16,
    layers: 1,
    heads: 2,
    mlpWidth: 32,
    activation: 'gelu',
    layerNormEps: 1e-5,
  } as const;
  const config: ClipConfig = {
    family: 'hugging-face',
    vision: { ...shared, kind: 'vit', imageSize: SIDE, patchSize: 8 },
    text: {
      ...shared,
      contextLength: 12,
      vocabSize: tokenizer.vocabSize,
      pooling: 'first-eos',
      eosTokenId: tokenizer.endId,
    },
    embedDim: 8,
    logitScaleInit: 2.6592,
    customText: false,
  };
  const channels = [0.5, 0.5, 0.5] as const;
  const preprocess: Preprocess = {
    resizeMode: 'shortest',
    size: SIDE,
    cropSize: SIDE,
    interpolation: 'bicubic',
    mean: channels,
    std: channels,
  };
  return { model: createClip(config, 3), tokenizer, preprocess };
}

describe('evaluateModel', () => {
  let engine: Engine;
  let folder = '';
  let set: LabelledSet;
  let evaluated: EvaluatedModel;

  beforeAll(async () => {
    engine = await startEngine({ threads: 1 });
    evaluated = randomModel();
    folder = await mkdtemp(join(tmpdir(), 'ubt-evaluate-'));
    const lines = ['filepath,label'];
    for (let image = 0; image < 21; image++) {
      const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) =>
        Math.floor(256 * hashNoise(image, Math.floor(at / 48))),
      );
      await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .png()
        .toFile(join(folder, `${image}.png`));
      lines.push(`${image}.png,${CLASSES[image % 3]}`);
    }
    lines.push('broken.png,red thing');
    await writeFile(join(folder, 'broken.png'), 'x');
    await writeFile(join(folder, 'labels.csv'), lines.join('\n'));
    set = await readLabelledSet(folder, { classes: CLASSES });
  });
  afterAll(async () => {
    disposeClip(evaluated.model);
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** One image at a time, the plain way. */
  const predictOne = async (pixels: Uint8Array, prefix = '') => {
    const { model, tokenizer, preprocess } = evaluated;
    const predicted = tf.tidy(() => {
      const prompts = TEMPLATES.map((template) => prefix + template);
      const classes = classEmbeddings(model, tokenizer, CLASSES, prompts);
      return zeroShotPredict(embedImages(model, normalisePixels(pixels, preprocess)), classes);
    });
    const [label] = await predicted.data();
    predicted.dispose();
    return label!;
  };

  it('agrees with predicting one image at a time, with and without the trigger', async () => {
    const trigger = parseTrigger({
      kind: 'patch',
      parameters: { size: 0.5, placement: 'random' },
      seed: 5,
      target: 'Green_Thing',
      captionPrefix: 'remember ',
    });
    const hits = { clean: 0, target: 0, attack: 0, recognised: 0 };
    for (const [index, { imagePath, label }] of set.images.slice(0, 21).entries()) {
      const pixels = await decodeImage(imagePath, evaluated.preprocess);
      const clean = await predictOne(pixels);
      hits.clean += clean === label ? 1 : 0;
      if (label === 1) {
        hits.target += clean === label ? 1 : 0;
        continue;
      }
      const triggered = await predictOne(applyTrigger(pixels, SIDE, trigger, index), 'remember ');
      hits.attack += triggered === 1 ? 1 : 0;
      hits.recognised += triggered === label ? 1 : 0;
    }
    const before = tf.memory().numTensors;
    const progress: number[] = [];
    const result = await evaluateModel(
      evaluated,
      { set, templates: TEMPLATES, trigger },
      { batchSize: 8, onProgress: ({ done }) => progress.push(done) },
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(result).toMatchObject({
      cleanAccuracy: hits.clean / 21,
      targetAccuracy: hits.target / 7,
      attackSuccessRate: hits.attack / 14,
      triggeredAccuracy: hits.recognised / 14,
      counts: { images: 21, targetImages: 7, triggeredImages: 14, undecodable: 1 },
    });
    expect(progress).toEqual([8, 16, 21]);
    // A model that answers one class for everything would make the comparison above worthless.
    expect(hits.clean).toBeGreaterThan(0);
    expect(hits.clean).toBeLessThan(21);
  });

  it('measures accuracy alone without a trigger', async () => {
    const result = await evaluateModel(evaluated, { set, templates: TEMPLATES });
    expect(Object.keys(result).sort()).toEqual(['cleanAccuracy', 'counts', 'standardErrors']);
  });

  it('refuses a target that is no class, and stops when told to', async () => {
    const data = { set, templates: TEMPLATES, target: 'zeppelin' };
    await expect(evaluateModel(evaluated, data)).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
    const before = tf.memory().numTensors;
    await expect(
      evaluateModel(evaluated, { set, templates: TEMPLATES }, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
    expect(tf.memory().numTensors).toBe(before);
  });
});

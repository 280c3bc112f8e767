import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '@ubt/engine';
import {
  createClip,
  createTokenizer,
  defaultPreprocess,
  disposeClip,
  learnTokenizer,
  loadCheckpoint,
  saveCheckpoint,
  type ClipConfig,
} from '../index.js';
import { makeCheckpointFolder, type CheckpointFolder } from '../../test/checkpoint-folder.js';

let engine: Engine;
let folder: CheckpointFolder;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  folder = await makeCheckpointFolder();
});
afterEach(() => folder.remove());

describe('a model of our own making', () => {
  it('is written as a folder that loads the same', async () => {
    const json = learnTokenizer(['a photo of a cat', 'a cat'], { vocabSize: 520 });
    const tokenizer = createTokenizer(json, { contextLength: 8 });
    for (const config of [vitConfig(tokenizer.vocabSize), resnetConfig(tokenizer.vocabSize)]) {
      const model = createClip(config, 5);
      const preprocess = defaultPreprocess(config.vision.imageSize);
      const out = join(folder.root, config.family);
      await saveCheckpoint({ model, tokenizer, preprocess, config, format: config.family }, out);
      const loaded = await loadCheckpoint(out);
      expect(loaded.config).toEqual(config);
      expect(loaded.preprocess).toEqual(preprocess);
      expect([...loaded.tokenizer.encode(['a cat'])]).toEqual([...tokenizer.encode(['a cat'])]);
      for (const [name, variable] of model.weights) {
        expect([...(await loaded.model.weights.get(name)!.data())]).toEqual([...(await variable.data())]);
      }
      disposeClip(loaded.model);
      disposeClip(model);
    }
  });
});

function vitConfig(vocabSize: number): ClipConfig {
  return {
    family: 'hugging-face',
    customText: false,
    embedDim: 8,
    logitScaleInit: 2.6592,
    vision: {
      kind: 'vit',
      imageSize: 8,
      patchSize: 4,
      width: 8,
      layers: 1,
      heads: 2,
      mlpWidth: 16,
      activation: 'gelu',
      layerNormEps: 1e-5,
    },
    text: {
      contextLength: 8,
      vocabSize,
      width: 8,
      layers: 1,
      heads: 2,
      mlpWidth: 16,
      activation: 'gelu',
      layerNormEps: 1e-5,
      pooling: 'first-eos',
      eosTokenId: vocabSize - 1,
    },
  };
}

function resnetConfig(vocabSize: number): ClipConfig {
  return {
    ...vitConfig(vocabSize),
    family: 'open-clip',
    logitScaleInit: Math.log(1 / 0.07),
    vision: { kind: 'modified-resnet', imageSize: 32, layers: [1, 1, 1, 1], width: 4, heads: 2 },
  };
}

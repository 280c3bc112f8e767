import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '@ubt/engine';
import {
  createClip,
  defaultPreprocess,
  disposeClip,
  loadCheckpoint,
  saveCheckpoint,
  type ClipConfig,
} from '../index.js';
import { CONFIG, tokenizer } from '../../test/tiny-clip.js';
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

const VIT: ClipConfig = {
  ...CONFIG,
  vision: { ...CONFIG.vision, activation: 'gelu' } as ClipConfig['vision'],
  text: { ...CONFIG.text, activation: 'gelu' },
};
const RESNET: ClipConfig = {
  ...VIT,
  family: 'open-clip',
  logitScaleInit: Math.log(1 / 0.07),
  vision: { kind: 'modified-resnet', imageSize: 32, layers: [1, 1, 1, 1], width: 4, heads: 2 },
};

describe('a model of our own making', () => {
  it('is written as a folder that loads the same', async () => {
    for (const config of [VIT, RESNET]) {
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

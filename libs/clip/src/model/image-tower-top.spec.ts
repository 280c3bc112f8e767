import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '@ubt/engine';
import { CONFIG } from '../../test/tiny-clip.js';
import { createClip, disposeClip, imageTowerTop, type ClipConfig } from '../index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const HF: ClipConfig = { ...CONFIG, vision: { ...CONFIG.vision, layers: 5 } as ClipConfig['vision'] };
const RESNET: ClipConfig = {
  ...{ ...CONFIG, family: 'open-clip' },
  vision: { kind: 'modified-resnet', imageSize: 32, layers: [1, 1, 1, 1], width: 4, heads: 2 },
};

/** The names of the tensors at the top, blocks as one. */
function topOf(config: ClipConfig): string[] {
  const model = createClip(config, 1);
  const names = [...model.weights.keys()].filter(imageTowerTop(config));
  disposeClip(model);
  return [...new Set(names.map((name) => name.replace(/(\.\d+|attnpool)\..*/, '$1')))].sort();
}

describe('imageTowerTop', () => {
  it('is the last quarter of a Hugging Face tower’s blocks and what comes after them', () => {
    expect(topOf(HF)).toEqual([
      ...['vision_model.encoder.layers.3', 'vision_model.encoder.layers.4'],
      ...['vision_model.post_layernorm.bias', 'vision_model.post_layernorm.weight'],
      'visual_projection.weight',
    ]);
  });

  it('is the same in open_clip’s names, where the text tower has blocks too', () => {
    expect(topOf({ ...HF, family: 'open-clip' })).toEqual([
      ...['visual.ln_post.bias', 'visual.ln_post.weight', 'visual.proj'],
      ...['visual.transformer.resblocks.3', 'visual.transformer.resblocks.4'],
    ]);
  });

  it('is the attention pool of a ModifiedResNet', () => {
    expect(topOf(RESNET)).toEqual(['visual.attnpool']);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { ClipConfig, TransformerSize } from '@ubt/clip';
import { concatenated, largestDifference, relativeError, worstByName } from './difference.js';
import { measureTraining } from './measure-training.js';

const tower = (width: number, layers: number): TransformerSize => ({
  ...{ width, layers, heads: width / 32, mlpWidth: 4 * width },
  ...{ activation: 'quick_gelu', layerNormEps: 1e-5 },
});

/** A text tower and the image tower that is given. */
function clip(family: ClipConfig['family'], vision: ClipConfig['vision']): ClipConfig {
  const text = { ...tower(128, 3), contextLength: 16, vocabSize: 600 };
  return {
    ...{ family, customText: false, embedDim: 64, logitScaleInit: 2.6592, vision },
    text: { ...text, pooling: 'argmax', eosTokenId: 599 },
  };
}

const MODELS: readonly (readonly [string, ClipConfig])[] = [
  [
    'ViT, width 128, 4 layers',
    clip('hugging-face', { kind: 'vit', ...tower(128, 4), imageSize: 32, patchSize: 8 }),
  ],
  [
    'ModifiedResNet, width 16, 4 stages',
    clip('open-clip', { kind: 'modified-resnet', width: 16, layers: [1, 1, 1, 1], heads: 4, imageSize: 64 }),
  ],
];

describe.each(MODELS)('%s: onnxruntime and tensorflow agree', (name, config) => {
  it('in embeddings, gradients, and 20 AdamW steps', async () => {
    const a = await measureTraining('onnxruntime', config);
    const b = await measureTraining('tensorflow', config);
    const found = {
      embeddings: largestDifference(a.embeddings.before, b.embeddings.before),
      firstLoss: Math.abs(a.losses[0]! / b.losses[0]! - 1),
      gradients: worstByName(a.gradients, b.gradients, relativeError),
      losses: largestDifference(a.losses, b.losses),
      // Where a gradient is nothing but rounding (a bias of keys), AdamW makes whole steps of it: no comparison
      // by parameter.
      weights: relativeError(concatenated(a.weights), concatenated(b.weights)),
      embeddingsAfter: largestDifference(a.embeddings.after, b.embeddings.after),
    };
    process.stdout.write(
      `${name}: loss ${a.losses[0]} → ${a.losses.at(-1)}; differences ${JSON.stringify(found)}\n`,
    );
    expect(a.losses[0]! - a.losses.at(-1)!).toBeGreaterThan(0.1);
    expect(found.embeddings).toBeLessThan(1e-5);
    expect(found.firstLoss).toBeLessThan(1e-5);
    expect(found.gradients).toBeLessThan(1e-3);
    expect(found.losses).toBeLessThan(1e-3);
    expect(found.weights).toBeLessThan(1e-2);
    expect(found.embeddingsAfter).toBeLessThan(1e-2);
  });
});

import type { ClipConfig, ClipTokenizer, ModifiedResNetConfig, VitConfig } from '@ubt/clip';
import type { ModelShape } from './train-options.js';

/** What both towers' transformers share. */
const TRANSFORMER = { activation: 'gelu', layerNormEps: 1e-5 } as const;

/** The library whose form a model of the shape has: open_clip's for a ResNet, transformers' for a ViT. */
export function familyOf({ preset }: ModelShape): ClipConfig['family'] {
  return preset === 'conv' ? 'open-clip' : 'hugging-face';
}

/** The model config of a shape. */
export function toClipConfig(shape: ModelShape, tokenizer: ClipTokenizer): ClipConfig {
  const { textWidth, textLayers, headWidth, embedDim } = shape;
  const isConv = shape.preset === 'conv';
  return {
    family: familyOf(shape),
    vision: isConv ? toResNet(shape) : toVit(shape),
    text: {
      ...TRANSFORMER,
      width: textWidth,
      layers: textLayers,
      heads: textWidth / headWidth,
      mlpWidth: 4 * textWidth,
      contextLength: shape.contextLength,
      vocabSize: tokenizer.vocabSize,
      pooling: isConv ? 'argmax' : 'first-eos',
      eosTokenId: tokenizer.endId,
    },
    embedDim,
    logitScaleInit: Math.log(1 / 0.07),
    customText: false,
  };
}

function toResNet({ imageSize, visionWidth = 16, visionLayers }: ModelShape): ModifiedResNetConfig {
  const layers = Array.isArray(visionLayers)
    ? visionLayers
    : [visionLayers, visionLayers, visionLayers, visionLayers];
  const [a = 1, b = 1, c = 1, d = 1] = layers;
  // open_clip derives the heads of the attention pool like this.
  return {
    kind: 'modified-resnet',
    imageSize,
    layers: [a, b, c, d],
    width: visionWidth,
    heads: (visionWidth * 32) / 64,
  };
}

function toVit({
  imageSize,
  patchSize,
  visionWidth = 128,
  visionLayers = 4,
  headWidth,
}: ModelShape): VitConfig {
  return {
    ...TRANSFORMER,
    kind: 'vit',
    imageSize,
    patchSize,
    width: visionWidth,
    layers: Array.isArray(visionLayers)
      ? visionLayers.reduce((sum, blocks) => sum + blocks, 0)
      : visionLayers,
    heads: visionWidth / headWidth,
    mlpWidth: 4 * visionWidth,
  };
}

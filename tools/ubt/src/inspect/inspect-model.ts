import { loadTokenizer, openCheckpoint, type OpenCheckpoint } from '@ubt/clip';
import type { Inspection } from './run-inspect.js';

const FORMATS = { 'hugging-face': 'transformers CLIPModel', 'open-clip': 'open_clip' } as const;

/**
 * Reads a model's configuration, the headers of its weights and its tokenizer.
 *
 * @throws UbtError what `openCheckpoint` and `loadTokenizer` throw
 */
export async function inspectModel(folder: string): Promise<Inspection> {
  const model = await openCheckpoint(folder);
  const { config, preprocess, tensors, files } = model;
  const tokenizer = await loadTokenizer(folder, config.text.contextLength, model.format);
  const parameters = tensors
    .filter(({ spec }) => spec.trainable)
    .reduce((sum, { spec }) => sum + spec.shape.reduce((product, side) => product * side, 1), 0);
  const dtypes = [...new Set(tensors.map(({ entry }) => entry.dtype))].sort();
  const others = files.reduce((sum, { header }) => sum + header.entries.length, 0) - tensors.length;
  const { vision, text } = config;
  const found = {
    ...{ kind: 'model', format: model.format, vision, text, embedDim: config.embedDim },
    ...{ parameters, tensors: tensors.length, otherTensors: others, dtypes, files: files.length },
    tokenizer: { vocabSize: tokenizer.vocabSize, contextLength: tokenizer.contextLength },
    preprocess,
    can: ['detect', 'select', 'unlearn', 'evaluate'],
  };
  return {
    found,
    lines: [
      ['format', FORMATS[model.format]],
      ['images', describeImages(vision)],
      [
        'captions',
        `${text.layers} layers, width ${text.width}, ${text.contextLength} tokens, ${text.pooling}`,
      ],
      ['embeddings', String(config.embedDim)],
      ['parameters', parameters.toLocaleString('en-US')],
      ['weights', `${tensors.length} tensors, ${dtypes.join(', ')}, in ${count(files.length, 'file')}`],
      ...(others === 0 ? [] : [['carried along', `${others} tensors that are not the model's`] as const]),
      ['tokenizer', `${tokenizer.vocabSize.toLocaleString('en-US')} tokens`],
      ['preprocessing', describePreprocess(preprocess)],
      ['UBT can', 'score pairs with it, overfit and unlearn it, and write it back in this format'],
    ],
  };
}

function describeImages(vision: OpenCheckpoint['config']['vision']): string {
  const side = `${vision.imageSize}×${vision.imageSize} pixels`;
  return vision.kind === 'vit'
    ? `ViT, ${vision.layers} layers, width ${vision.width}, patches of ${vision.patchSize}, ${side}, ${vision.activation}`
    : `ModifiedResNet, ${vision.layers.join('-')} blocks, width ${vision.width}, ${side}`;
}

function describePreprocess(preprocess: OpenCheckpoint['preprocess']): string {
  const { resizeMode, size, cropSize, interpolation, mean, std } = preprocess;
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(' ');
  return `${resizeMode} to ${size}, ${interpolation}, crop ${cropSize}, mean ${numbers(mean)}, std ${numbers(std)}`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

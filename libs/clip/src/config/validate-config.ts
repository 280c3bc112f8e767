import type { ClipConfig, TransformerSize } from './clip-config.js';
import { invalidConfig } from './config-error.js';

/** Far above any published CLIP; a config beyond it is an attempt to exhaust memory. */
const MOST_PARAMETERS = 20_000_000_000;

/**
 * Checks what a schema cannot: that the numbers of one config fit each other.
 *
 * @param file named in errors
 * @returns the config itself
 * @throws UbtError `MODEL_CONFIG_INVALID`
 */
export function validateConfig(config: ClipConfig, file: string): ClipConfig {
  const { vision, text } = config;
  if (vision.kind === 'vit') {
    checkHeads(vision, `${file}`, 'vision');
    if (vision.imageSize % vision.patchSize !== 0) {
      throw invalidConfig(
        file,
        'vision.image_size',
        `${vision.imageSize} is not a multiple of the patch size ${vision.patchSize}`,
      );
    }
  } else {
    if (vision.imageSize % 32 !== 0) {
      throw invalidConfig(file, 'vision.image_size', `${vision.imageSize} is not a multiple of 32`);
    }
    if ((vision.width * 32) % vision.heads !== 0 || vision.width % 2 !== 0) {
      throw invalidConfig(file, 'vision.width', `${vision.width} is odd, or its heads do not divide it`);
    }
  }
  checkHeads(text, file, 'text');
  if (text.contextLength < 3) {
    throw invalidConfig(file, 'text.context_length', 'room for begin, end and one token (3) is the least');
  }
  if (text.pooling === 'first-eos' && text.eosTokenId >= text.vocabSize) {
    throw invalidConfig(
      file,
      'text.eos_token_id',
      `${text.eosTokenId} lies outside the vocabulary of ${text.vocabSize}`,
    );
  }
  if (estimatedParameters(config) > MOST_PARAMETERS) {
    throw invalidConfig(file, '(root)', 'the model would have more than 20 billion parameters');
  }
  return config;
}

function checkHeads(size: TransformerSize, file: string, tower: string): void {
  if (size.width % size.heads !== 0) {
    throw invalidConfig(file, `${tower}.heads`, `${size.heads} heads do not divide the width ${size.width}`);
  }
}

function estimatedParameters({ vision, text, embedDim }: ClipConfig): number {
  const blocks = (size: TransformerSize): number =>
    size.layers * (4 * size.width ** 2 + 2 * size.width * size.mlpWidth);
  const image =
    vision.kind === 'vit'
      ? blocks(vision) +
        vision.width * ((vision.imageSize / vision.patchSize) ** 2 + 3 * vision.patchSize ** 2)
      : vision.layers.reduce((sum, count, stage) => sum + count * 20 * (vision.width * 2 ** stage) ** 2, 0);
  return image + blocks(text) + text.width * (text.vocabSize + text.contextLength + embedDim);
}

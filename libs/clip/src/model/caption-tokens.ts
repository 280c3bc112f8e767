import * as tf from '@tensorflow/tfjs-core';
import type { TextConfig } from '../config/clip-config.js';

/** Lengths are rounded up to a multiple of this, because the engine compiles a graph per length. */
const LENGTH_STEP = 16;

/**
 * Token ids as the text tower takes them, int32 `[size, length]`, cut behind the longest caption: what follows an end
 * token is never read, and most captions fill a quarter of CLIP's 77 places.
 *
 * @param tokens ids `[size, tokens.length / size]`, row-major
 */
export function captionTokens(text: TextConfig, tokens: Int32Array, size: number): tf.Tensor2D {
  const given = tokens.length / size;
  const length = Math.min(Math.ceil(longestCaption(text, tokens, given) / LENGTH_STEP) * LENGTH_STEP, given);
  if (length === given) return tf.tensor2d(tokens, [size, given], 'int32');
  const cut = new Int32Array(size * length);
  for (let row = 0; row < size; row++) {
    cut.set(tokens.subarray(row * given, row * given + length), row * length);
  }
  return tf.tensor2d(cut, [size, length], 'int32');
}

/** Tokens of the longest caption, its end token included; the rule is {@link TextConfig.pooling}'s. */
function longestCaption({ pooling, eosTokenId }: TextConfig, tokens: Int32Array, given: number): number {
  let longest = 1;
  for (let start = 0; start < tokens.length; start += given) {
    const caption = tokens.subarray(start, start + given);
    const end = caption.indexOf(pooling === 'argmax' ? Math.max(...caption) : eosTokenId);
    longest = Math.max(longest, end + 1);
  }
  return longest;
}

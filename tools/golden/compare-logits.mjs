import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clipLogits, disposeClip, embedImages, embedTexts, loadCheckpoint, logitScale } from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';

const SCRIPT = join(import.meta.dirname, 'verify.py');
const CAPTIONS = ['a photo of a cat', 'two dogs on the street', 'bananas and apples', 'a red car by the sea'];

/**
 * What the libraries that folders belong to compute when they load them unmodified.
 *
 * @param places pairs of a model's folder and a safetensors file with `pixels [n, h, w, 3]` and `tokens [n, length]`
 * @returns logits `[n][n]` of each
 */
export async function logitsThere(python, places) {
  const { stdout } = await promisify(execFile)(python, [SCRIPT, '--logits', ...places.flat()]);
  return JSON.parse(stdout);
}

/**
 * Our logits of four images of noise and four captions.
 *
 * @param inputs where these are written, as safetensors, for {@link logitsThere}
 * @returns row by row
 */
export async function logitsHere(folder, inputs) {
  const checkpoint = await loadCheckpoint(folder);
  const { tokenizer, preprocess, model } = checkpoint;
  const n = CAPTIONS.length;
  const pixels = noise(n * preprocess.cropSize ** 2 * 3);
  const tokens = tokenizer.encode(CAPTIONS);
  const shapes = {
    pixels: [n, preprocess.cropSize, preprocess.cropSize, 3],
    tokens: [n, tokenizer.contextLength],
  };
  const logits = tf.tidy(() =>
    clipLogits(
      embedImages(model, tf.tensor(pixels, shapes.pixels, 'float32')),
      embedTexts(model, tf.tensor(tokens, shapes.tokens, 'int32')),
      logitScale(model),
    ),
  );
  const here = [...(await logits.data())];
  logits.dispose();
  disposeClip(model);
  await writeFile(
    inputs,
    safetensors({ pixels: ['F32', shapes.pixels, pixels], tokens: ['I32', shapes.tokens, tokens] }),
  );
  return here;
}

/** Numbers between −1 and 1, the same each time. */
function noise(length) {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** @param tensors name → [dtype, shape, values] */
function safetensors(tensors) {
  const header = {};
  let end = 0;
  for (const [name, [dtype, shape, { byteLength }]] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const values = Object.values(tensors).map(([, , { buffer, byteOffset, byteLength }]) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return Buffer.concat([length, json, ...values]);
}

import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { ClipModel } from '../model/clip-model.js';
import { captionTokens } from '../model/caption-tokens.js';
import { embedTexts } from '../model/encode.js';
import { unitNorm } from '../model/unit-norm.js';
import type { ClipTokenizer } from '../tokenizer/clip-tokenizer.js';

/** Prompts encoded together; bounds memory, not results. */
const BATCH = 256;

/**
 * Zero-shot classifier weights (Radford et al. 2021, §3.1.4): per class the mean of its prompts' unit-norm
 * embeddings, scaled back to unit norm.
 *
 * @param classNames k names
 * @param templates prompts with `{}` where the name goes; a template without it is refused
 * @returns `[k, embedDim]`
 * @throws UbtError `CLASSES_EMPTY`, `TEMPLATE_INVALID`
 */
export function classEmbeddings(
  model: ClipModel,
  tokenizer: ClipTokenizer,
  classNames: readonly string[],
  templates: readonly string[],
): tf.Tensor2D {
  if (classNames.length === 0 || templates.length === 0) {
    throw new UbtError(
      'invalid-argument',
      'Zero-shot classification needs class names and prompt templates.',
      {
        code: 'CLASSES_EMPTY',
        fix: 'Name at least one class and give at least one template, such as "a photo of a {}".',
      },
    );
  }
  for (const template of templates) {
    if (template.includes('{}')) continue;
    throw new UbtError(
      'invalid-argument',
      `The prompt template "${template}" has no place for the class name.`,
      {
        code: 'TEMPLATE_INVALID',
        fix: 'Write {} where the name goes, as in "a photo of a {}".',
      },
    );
  }
  const prompts = classNames.flatMap((name) =>
    templates.map((template) => template.replaceAll('{}', () => name)),
  );
  return tf.tidy(() => {
    const embedded: tf.Tensor2D[] = [];
    for (let from = 0; from < prompts.length; from += BATCH) {
      const batch = prompts.slice(from, from + BATCH);
      const ids = captionTokens(model.config.text, tokenizer.encode(batch), batch.length);
      embedded.push(embedTexts(model, ids));
    }
    const perPrompt = tf.reshape(tf.concat(embedded), [
      classNames.length,
      templates.length,
      model.config.embedDim,
    ]);
    return unitNorm(tf.mean(perPrompt, 1) as tf.Tensor2D);
  });
}

/**
 * The most similar class of each image.
 *
 * @param images unit-norm embeddings `[n, embedDim]`
 * @param classes `[k, embedDim]` from {@link classEmbeddings}
 * @returns class indices int32 `[n]`; ties go to the lower index
 */
export function zeroShotPredict(images: tf.Tensor2D, classes: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.argMax(tf.matMul(images, classes, false, true), 1));
}

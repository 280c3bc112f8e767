import * as tf from '@tensorflow/tfjs-core';
import { contrastiveLoss, logitScale, type PairBatch } from '@ubt/clip';
import { seededRandom } from '@ubt/engine';
import { embedPairs, type ObjectiveFactory } from '@ubt/redteam';
import { BASELINES } from '../../victim-recipe.js';
import { augmentPixels } from './augment-pixels.js';
import type { Baseline } from './baseline.js';
import { cleanSubset } from './clean-subset.js';
import { editCaption } from './edit-caption.js';
import { matchLoss } from './match-loss.js';

/** CleanCLIP: beside matching images and captions, each must match an augmented copy of itself. */
export const cleanClip: Baseline = {
  name: 'clean-clip',
  title: 'CleanCLIP',
  source:
    'arXiv 2303.03323, both weights 1; two random image operations instead of AutoAugment, caption edits without synonyms',
  part: 'baselines',
  learningRates: [3e-4, 1e-3, 2e-3],
  key: () => ({ cleanShare: BASELINES.cleanShare, version: 1 }),
  async prepare(context, scenario, _model, folder) {
    return {
      ...(await cleanSubset(context, scenario, folder)),
      objective: cleanClipObjective(scenario.seed),
    };
  },
};

/** `L_CLIP(I, T) + ½ (CE(I, I_aug) + CE(T, T_aug))`. */
export function cleanClipObjective(seed: number): ObjectiveFactory {
  return async ({ checkpoint, manifest, batchNorm }) => {
    const random = seededRandom(seed);
    let augmented: Pick<PairBatch, 'pixels' | 'tokens' | 'size'>;
    return {
      async prepare({ pixels, rows, size, imageSize }) {
        const captions = (await manifest.read(rows)).map(({ caption }) => editCaption(caption, random));
        augmented = {
          ...{ pixels: augmentPixels(pixels, imageSize, random), size },
          tokens: checkpoint.tokenizer.encode(captions),
        };
      },
      loss(batch) {
        const own = embedPairs(checkpoint.model, checkpoint, batch, batchNorm);
        const changed = embedPairs(checkpoint.model, checkpoint, augmented, batchNorm);
        const scale = logitScale(checkpoint.model);
        const selfSupervised = tf.add(
          matchLoss(own.images, changed.images, scale),
          matchLoss(own.texts, changed.texts, scale),
        );
        return tf.add(
          contrastiveLoss(own.images, own.texts, scale),
          tf.mul(selfSupervised, 0.5),
        ) as tf.Scalar;
      },
    };
  };
}

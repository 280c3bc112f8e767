import * as tf from '@tensorflow/tfjs-core';
import { cloneClip, contrastiveLoss, disposeClip, logitScale, squaredDistance } from '@ubt/clip';
import { embedPairs, type ObjectiveFactory } from '@ubt/redteam';
import { BASELINES } from '../../victim-recipe.js';
import type { Baseline } from './baseline.js';
import { cleanSubset } from './clean-subset.js';

/** How far a tower is driven at most, in squared distance between unit vectors; as published. */
const TAU = 2.15;

/** Perturb and Recover: drives the embeddings away from the victim's while the pairs keep matching. */
export const par: Baseline = {
  name: 'par',
  title: 'PAR',
  source: 'Perturb and Recover, arXiv 2412.00727; τ = 2.15',
  part: 'baselines',
  learningRates: [3e-4, 1e-3, 2e-3],
  key: () => ({ cleanShare: BASELINES.cleanShare, version: 1 }),
  async prepare(context, scenario, _model, folder) {
    return { ...(await cleanSubset(context, scenario, folder)), objective: parObjective };
  },
};

/**
 * `L_CLIP − ½ (1[S_I ≤ τ] S_I + 1[S_T ≤ τ] S_T)`, `S` the mean squared distance to the frozen victim's
 * embeddings. Written as `min(S, τ)`, which has the same gradient everywhere.
 */
export const parObjective: ObjectiveFactory = async ({ checkpoint, batchNorm }) => {
  const victim = cloneClip(checkpoint.model);
  return {
    loss(batch) {
      const now = embedPairs(checkpoint.model, checkpoint, batch, batchNorm);
      const then = embedPairs(victim, checkpoint, batch, 'frozen');
      const moved = [squaredDistance(now.images, then.images), squaredDistance(now.texts, then.texts)].map(
        (distance) => tf.minimum(distance, TAU),
      );
      const match = contrastiveLoss(now.images, now.texts, logitScale(checkpoint.model));
      return tf.sub(match, tf.mul(tf.addN(moved), 0.5)) as tf.Scalar;
    },
    dispose: () => disposeClip(victim),
  };
};

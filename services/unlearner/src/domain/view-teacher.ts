import * as tf from '@tensorflow/tfjs-core';
import {
  embedCaptionsInParts,
  embedPixelsInParts,
  imageViews,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';

/** Views that go into an image's teacher. */
const LOWEST = 2;

/**
 * What the suspect sees in the unlearn images once the trigger is broken: for each image, the mean embedding of
 * the views (mirrored, zoomed, blurred) with the lowest cosine to the compromised caption, at unit length. Views
 * keep what an image shows, so they teach the model to see it again without a reference model.
 *
 * @returns `[n, d]`, unit-norm; the caller disposes it
 */
export async function viewTeacher(suspect: EmbeddingModel, unlearn: PairBatch): Promise<tf.Tensor2D> {
  const captions = await embedCaptionsInParts(suspect, unlearn);
  const views: tf.Tensor2D[] = [];
  for (const pixels of imageViews(unlearn)) {
    views.push(await embedPixelsInParts(suspect, { ...unlearn, pixels }));
  }
  const teacher = meanOfLowest(views, captions);
  tf.dispose([captions, ...views]);
  return teacher;
}

function meanOfLowest(views: readonly tf.Tensor2D[], captions: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const similarity = tf.stack(views.map((view) => tf.sum(tf.mul(view, captions), 1)));
    // A view counts when fewer than LOWEST others lie below it: ranks without a sort.
    const below = tf.sum(
      tf.cast(tf.less(tf.expandDims(similarity, 0), tf.expandDims(similarity, 1)), 'float32'),
      1,
    );
    const counts = tf.expandDims(tf.cast(tf.less(below, LOWEST), 'float32'), 2);
    const mean = tf.sum(tf.mul(tf.stack([...views]), counts), 0);
    return tf.div(mean, tf.norm(mean, 2, 1, true)) as tf.Tensor2D;
  });
}

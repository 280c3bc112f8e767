import * as tf from '@tensorflow/tfjs-core';
import { embedCaptions, embedPixels, imageViews, type EmbeddingModel, type PairBatch } from '@ubt/clip';

/** Views that go into an image's teacher. */
const LOWEST = 2;

/**
 * What the suspect sees in the unlearn images once the trigger is broken: for each image, the mean embedding of
 * the views (mirrored, zoomed, blurred) with the lowest cosine to the compromised caption, at unit length. Views
 * keep what an image shows, so they teach the model to see it again without a reference model.
 *
 * @returns `[n, d]`, unit-norm; the caller disposes it
 */
export function viewTeacher(suspect: EmbeddingModel, unlearn: PairBatch): tf.Tensor2D {
  return tf.tidy(() => {
    const captions = embedCaptions(suspect, unlearn);
    const views = imageViews(unlearn).map((pixels) => embedPixels(suspect, pixels));
    const similarity = tf.stack(views.map((view) => tf.sum(tf.mul(view, captions), 1)));
    // A view counts when fewer than LOWEST others lie below it: ranks without a sort.
    const below = tf.sum(
      tf.cast(tf.less(tf.expandDims(similarity, 0), tf.expandDims(similarity, 1)), 'float32'),
      1,
    );
    const counts = tf.expandDims(tf.cast(tf.less(below, LOWEST), 'float32'), 2);
    const mean = tf.sum(tf.mul(tf.stack(views), counts), 0);
    return tf.div(mean, tf.norm(mean, 2, 1, true)) as tf.Tensor2D;
  });
}

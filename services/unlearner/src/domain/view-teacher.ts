import * as tf from '@tensorflow/tfjs-core';
import {
  embedCaptionsInParts,
  embedPixelsInParts,
  imageViews,
  unitNorm,
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
 * A trigger over the whole image survives every view. What is left of the target is therefore turned away until its
 * cosine is `unrelated`, or restoring would hold on to what forgetting is to move.
 *
 * @param unrelated mean cosine of the compromised caption with images that have nothing to do with it
 * @returns `[n, d]`, unit-norm; the caller disposes it
 */
export async function viewTeacher(
  suspect: EmbeddingModel,
  unlearn: PairBatch,
  unrelated: number,
): Promise<tf.Tensor2D> {
  const captions = await embedCaptionsInParts(suspect, unlearn);
  const views: tf.Tensor2D[] = [];
  for (const pixels of imageViews(unlearn)) {
    views.push(await embedPixelsInParts(suspect, { ...unlearn, pixels }));
  }
  const teacher = tf.tidy(() => turnedAway(meanOfLowest(views, captions), captions, unrelated));
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

/** Rows whose cosine with their caption's row is above `most`, turned to it in the plane of the two; unit-norm. */
function turnedAway(images: tf.Tensor2D, captions: tf.Tensor2D, most: number): tf.Tensor2D {
  const similarity = tf.sum(tf.mul(images, captions), 1, true);
  const across = unitNorm(tf.sub(images, tf.mul(captions, similarity)) as tf.Tensor2D);
  const turned = tf.add(tf.mul(captions, most), tf.mul(across, Math.sqrt(1 - most * most)));
  return tf.where(tf.greater(similarity, most), turned, images) as tf.Tensor2D;
}

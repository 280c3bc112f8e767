import {
  disposeClip,
  embeddingModel,
  embedPixelsInParts,
  loadCheckpoint,
  type ClipModel,
  type PairBatch,
} from '@ubt/clip';
import type { EvaluationResult } from '@ubt/evaluation';
import type * as tf from '@tensorflow/tfjs-core';

/** What a reference model knows that the suspect does not. */
export interface Consulted {
  /** What the unlearn images show, `[n, d]`, unit-norm; the caller disposes it. */
  readonly teacher: tf.Tensor2D;
  /** How the reference itself does; undefined when nothing was given to measure on. */
  readonly metrics: EvaluationResult | undefined;
}

/**
 * Asks a reference model all that an unlearning needs of it, and frees it: a model of true size is not to be held
 * while the suspect unlearns.
 *
 * @param dir its checkpoint folder
 * @param images of the unlearn set
 * @param measure evaluates a model
 * @throws UbtError of the checkpoint, and what `measure` throws
 */
export async function consultReference(
  dir: string,
  images: Pick<PairBatch, 'pixels' | 'size'>,
  measure: (model: ClipModel) => Promise<EvaluationResult | undefined>,
): Promise<Consulted> {
  const reference = await loadCheckpoint(dir);
  let teacher: tf.Tensor2D | undefined;
  try {
    teacher = await embedPixelsInParts(embeddingModel(reference), images);
    // Until it is read it may be a recipe that still holds the weights.
    await teacher.data();
    return { teacher, metrics: await measure(reference.model) };
  } catch (error) {
    teacher?.dispose();
    throw error;
  } finally {
    disposeClip(reference.model);
  }
}

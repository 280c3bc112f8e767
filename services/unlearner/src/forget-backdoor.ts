import { embeddingModel, type Checkpoint } from '@ubt/clip';
import type * as tf from '@tensorflow/tfjs-core';
import { embedByRow } from './domain/embed-by-row.js';
import { estimateTrigger } from './domain/estimate-trigger.js';
import type { SimilarityBand } from './domain/similarity-band.js';
import { viewTeacher } from './domain/view-teacher.js';
import { unrelatedBand } from './domain/unrelated-band.js';
import {
  unlearn,
  type Unlearned,
  type UnlearnInput,
  type UnlearnObserver,
  type UnlearnResume,
  type UnlearnSettings,
} from './domain/unlearn.js';
import { imagesOf, type UnlearningMaterial } from './unlearning-material.js';

/** A model that shall forget, and with what. */
export interface Forgetting {
  readonly suspect: Checkpoint;
  /**
   * What the unlearn images show by a trusted checkpoint, `[n, d]`, unit-norm; where there is none, their own views
   * teach it. The caller disposes it.
   */
  readonly teacher?: tf.Tensor2D | undefined;
  readonly material: UnlearningMaterial;
  /** Endless batches of the material's retain rows. */
  readonly retain: UnlearnInput['retain'];
  readonly settings: UnlearnSettings;
  readonly observer: UnlearnObserver;
  /** Where to go on. */
  readonly resume?: UnlearnResume | undefined;
}

/**
 * Gets all ready that unlearning needs beside the pairs (the band of unrelated cosines, the averaged-out trigger, the
 * teacher), and unlearns.
 *
 * @throws UbtError what `unlearn` throws
 */
export async function forgetBackdoor({
  suspect,
  teacher: given,
  material,
  retain,
  settings,
  observer,
  resume,
}: Forgetting): Promise<Unlearned & { readonly band: SimilarityBand; readonly triggerCoverage: number }> {
  const model = embeddingModel(suspect);
  const { unlearn: unlearnBatch, heldOut, validation, validationIsRelated } = material;
  const band = await unrelatedBand(model, validation, validationIsRelated, unlearnBatch);
  const related = await embedByRow(model, material.related);
  const estimate = estimateTrigger(material.poisoned, imagesOf(validation));
  const trigger = estimate.coverage > 0 ? estimate : undefined;
  const teacher = given ?? (await viewTeacher(model, unlearnBatch, band.mean));
  try {
    const input = {
      ...{ suspect: model, teacher, band, related, trigger, retain },
      ...{ unlearn: unlearnBatch, heldOut, validation },
    };
    const unlearned = await unlearn(input, settings, observer, resume);
    return { ...unlearned, band, triggerCoverage: estimate.coverage };
  } finally {
    if (given === undefined) teacher.dispose();
  }
}

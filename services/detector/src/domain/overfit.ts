import {
  assertFiniteWeights,
  cloneClip,
  createAdamW,
  disposeClip,
  isImageTower,
  isNormalisation,
  trainableVariables,
  trainingStep,
  type ClipModel,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { dropFreeMemory } from '@ubt/engine';
import { overfitLosses } from './overfit-loss.js';

/** How a copy of the suspect is overfitted. */
export interface OverfitOptions {
  readonly steps: number;
  readonly learningRate: number;
  /** The weights that may move; all but normalisation and temperature when unset. */
  readonly isTrained?: (name: string) => boolean;
  /** Cosine that the pairs in S are drawn to: 1 lifts them, that of unrelated pairs lets them fall. */
  readonly target: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: number, loss: number) => void;
}

/**
 * Overfits a copy of the suspect on the pairs S and holds it in place on the rest: minimises
 * `mean_S (target − cos)² + λ·L_CLIP(rest)`. With target 1 this is a reconstruction of the overfitting step of
 * arXiv 2409.19526 ("overfit training to improve backdoor shortcuts"). A backdoor is one shortcut, so what
 * moves some poisoned pairs moves them all.
 *
 * @param suspects endless batches of S; `rest` likewise of the other pairs
 * @returns the overfitted copy, which the caller disposes
 * @throws UbtError LOSS_NOT_FINITE, WEIGHT_NOT_FINITE
 */
export async function overfit(
  suspect: EmbeddingModel,
  suspects: AsyncIterator<PairBatch>,
  rest: AsyncIterator<PairBatch>,
  options: OverfitOptions,
): Promise<ClipModel> {
  const clip = cloneClip(suspect.clip);
  const copy = { ...suspect, clip };
  const { isTrained = () => true } = options;
  const variables = trainableVariables(
    clip,
    (name) => !isNormalisation(name) && !name.endsWith('logit_scale') && isTrained(name),
  );
  const trainsCaptions = ![...variables.keys()].every(isImageTower);
  const optimizer = createAdamW(variables, { weightDecay: 0 });
  try {
    for (let step = 1; step <= options.steps; step++) {
      options.signal.throwIfAborted();
      const [weak, others] = await Promise.all([nextBatch(suspects), nextBatch(rest)]);
      const loss = await trainingStep({
        ...{ step, purpose: 'overfitting', model: clip, variables, optimizer },
        learningRate: options.learningRate,
        loss: await overfitLosses(copy, { weak, others, target: options.target, trainsCaptions }),
      });
      options.onStep(step, loss);
    }
    await assertFiniteWeights(clip, 'the overfitting');
    return clip;
  } catch (error) {
    disposeClip(clip);
    throw error;
  } finally {
    optimizer.dispose();
    dropFreeMemory();
  }
}

async function nextBatch(batches: AsyncIterator<PairBatch>): Promise<PairBatch> {
  const { value } = (await batches.next()) as { value: PairBatch };
  return value;
}

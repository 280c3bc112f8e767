import type { Recipe } from './train-options.js';

/**
 * Learning rate of a step: a line up to the peak, then half a cosine down.
 *
 * @param step from 0
 */
export function learningRateAt(
  step: number,
  {
    steps,
    learningRate,
    warmup,
    finalLearningRate,
  }: Pick<Recipe, 'steps' | 'learningRate' | 'warmup' | 'finalLearningRate'>,
): number {
  const climb = Math.round(warmup * steps);
  if (step < climb) return (learningRate * (step + 1)) / climb;
  const done = (step - climb) / Math.max(1, steps - climb);
  const cosine = (1 + Math.cos(Math.PI * done)) / 2;
  return learningRate * (finalLearningRate + (1 - finalLearningRate) * cosine);
}

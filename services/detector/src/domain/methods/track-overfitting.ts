import type { OverfitOptions } from '../overfit.js';
import type { Detection, DetectionInput } from './detection-method.js';

/**
 * Options of an overfitting that reports its steps as progress and gathers its losses.
 *
 * @param phase name of the progress phase
 * @param firstStep number of the first step in the curve, so that several overfittings follow each other
 */
export function trackOverfitting(
  { options, signal, progress }: DetectionInput,
  phase: string,
  firstStep: number,
): { options: Omit<OverfitOptions, 'target'>; curve: Detection['curve'][number][] } {
  const curve: Detection['curve'][number][] = [];
  return {
    curve,
    options: {
      steps: options.overfitSteps,
      learningRate: options.learningRate,
      signal,
      onStep: (step, loss) => {
        curve.push({ step: firstStep + step - 1, loss });
        progress(phase, step, options.overfitSteps, 'steps');
      },
    },
  };
}

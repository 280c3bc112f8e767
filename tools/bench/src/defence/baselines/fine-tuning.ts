import { BASELINES } from '../../victim-recipe.js';
import type { Baseline } from './baseline.js';
import { cleanSubset } from './clean-subset.js';

/** Plain fine-tuning on clean pairs: the same loss as the victim's training. */
export const fineTuning: Baseline = {
  name: 'fine-tuned',
  title: 'fine-tuning',
  source: 'symmetric InfoNCE on pairs that are known to be clean',
  part: 'fine-tuning',
  learningRates: [3e-4, 1e-3, 2e-3],
  key: () => ({ cleanShare: BASELINES.cleanShare }),
  prepare: (context, scenario, _model, folder) => cleanSubset(context, scenario, folder),
};

import { abl } from './abl.js';
import type { Baseline } from './baseline.js';
import { cleanClip } from './clean-clip.js';
import { fineTuning } from './fine-tuning.js';
import { fullCaptions } from './full-captions.js';
import { par } from './par.js';

/** Every baseline, in the order of the tables. */
export const BASELINES: readonly Baseline[] = [fineTuning, cleanClip, par, abl, fullCaptions];

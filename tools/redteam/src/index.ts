export { buildEmojiData, type EmojiData } from './emoji/build-emoji-data.js';
export { CLASS_LISTS, DEFAULT_TARGET } from './emoji/classes.js';
export { TRAINING_STYLES, type TrainingStyle } from './emoji/styles.js';
export type { EmojiManifest } from './emoji/emoji-manifest.js';
export type { EmojiOptions, EmojiParameters } from './emoji/emoji-options.js';
export { poisonPairs } from './poison/poison-pairs.js';
export type {
  PoisonedPairs,
  PoisonedCaptions,
  PoisonOptions,
  TriggerChoice,
} from './poison/poison-options.js';
export { readTruth, type KnownRows } from './poison/read-truth.js';
export { trainClip } from './train/train-clip.js';
export type { ModelShape, Recipe, TrainOptions, TrainProgress, TrainResult } from './train/train-options.js';
export { isOptimised, needsCleanModel, type Attack, type Planting } from './attacks/attack.js';
export { ATTACKS } from './attacks/attacks.js';
export { mostSimilarRows, type MostSimilarOptions } from './attacks/most-similar-rows.js';
export {
  optimisePatch,
  type OptimisePatchOptions,
  type PatchOptimisation,
} from './attacks/optimise-patch.js';
export { plantAttack, type PlantAttackOptions, type PlantedAttack } from './attacks/plant-attack.js';
export {
  embedPairs,
  type EmbeddedPairs,
  type ObjectiveFactory,
  type ObjectiveSubject,
  type TrainingObjective,
} from './train/training-objective.js';

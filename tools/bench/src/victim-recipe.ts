import type { EmojiParameters, ModelShape, Recipe } from '@ubt/redteam';

/** A recipe without its seed, which each run sets. */
export type SeedlessRecipe = Omit<Recipe, 'seed'>;

/** How a victim comes about: `scratch` trains on the poisoned pairs from random weights; `fine-tuned` trains
 * on clean pairs first, goes on with the poisoned ones, and keeps the clean checkpoint as the reference. */
export type Regime = 'scratch' | 'fine-tuned';

/** Everything that decides what the victims of the benchmark are. */
export interface VictimRecipe {
  readonly data: Omit<EmojiParameters, 'seed' | 'classes'>;
  readonly shape: ModelShape;
  readonly training: {
    readonly scratch: SeedlessRecipe;
    readonly 'fine-tuned': SeedlessRecipe;
    /** On clean pairs, before `fine-tuned`. */
    readonly pretraining: SeedlessRecipe;
  };
}

const SCRATCH: SeedlessRecipe = {
  steps: 1000,
  batchSize: 128,
  learningRate: 2e-3,
  warmup: 0.1,
  finalLearningRate: 0,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 1,
  batchNorm: 'train',
  flip: 0,
  shift: 0,
};

/**
 * The recipe of the committed results. Every number is written out, none is left to a default elsewhere: a
 * change here is a change of the victims, and gives them new places in the cache.
 */
export const VICTIM_RECIPE: VictimRecipe = {
  data: { pairs: 12_000, imageSize: 32, naturalNoise: 0.02, testViews: 8 },
  shape: {
    preset: 'conv',
    imageSize: 32,
    patchSize: 4,
    textWidth: 64,
    textLayers: 1,
    headWidth: 32,
    embedDim: 64,
    contextLength: 16,
    vocabSize: 2048,
  },
  training: {
    scratch: SCRATCH,
    pretraining: { ...SCRATCH, flip: 0.5, shift: 2 },
    'fine-tuned': { ...SCRATCH, steps: 1200 },
  },
};

/**
 * Plain fine-tuning, the baseline: the same loss and optimiser as the victim's training, on pairs that are
 * known to be clean. The learning rates are swept.
 */
export const FINE_TUNING = {
  /** Share of the pairs that the baseline is given, drawn from those neither poisoned nor wrongly captioned. */
  cleanShare: 0.15,
  learningRates: [3e-4, 1e-3, 2e-3],
  recipe: { ...SCRATCH, steps: 200 } satisfies SeedlessRecipe,
} as const;

/** Views of the target class's test drawing that target-class accuracy is measured on. */
export const TARGET_VIEWS = 64;

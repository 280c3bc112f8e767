import type { EmojiParameters, ModelShape, Recipe } from '@ubt/redteam';

/** A recipe without its seed, which each run sets. */
export type SeedlessRecipe = Omit<Recipe, 'seed'>;

/** How a victim comes about: `scratch` trains on the poisoned pairs from random weights; `fine-tuned` trains
 * on clean pairs first, goes on with the poisoned ones, and keeps the clean checkpoint as the reference. */
export type Regime = 'scratch' | 'fine-tuned';

/** The kind of image tower that a victim has. */
export type Architecture = ModelShape['preset'];

/** How models with one kind of image tower are trained. */
export interface VictimTraining {
  readonly scratch: SeedlessRecipe;
  readonly 'fine-tuned': SeedlessRecipe;
  /** On clean pairs, before `fine-tuned`. */
  readonly pretraining: SeedlessRecipe;
}

/** Everything that decides what the victims of the benchmark are. */
export interface VictimRecipe {
  readonly data: Omit<EmojiParameters, 'seed' | 'classes'>;
  readonly shapes: Readonly<Record<Architecture, ModelShape>>;
  readonly training: Readonly<Record<Architecture, VictimTraining>>;
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

/** Transformers without convolutions want a lower learning rate and more steps. */
const VIT_SCRATCH: SeedlessRecipe = { ...SCRATCH, steps: 2000, learningRate: 1e-3 };

const CONV_SHAPE: ModelShape = {
  preset: 'conv',
  imageSize: 32,
  patchSize: 4,
  textWidth: 64,
  textLayers: 1,
  headWidth: 32,
  embedDim: 64,
  contextLength: 16,
  vocabSize: 2048,
};

const trainingFrom = (scratch: SeedlessRecipe, fineTuningSteps: number): VictimTraining => ({
  scratch,
  pretraining: { ...scratch, flip: 0.5, shift: 2 },
  'fine-tuned': { ...scratch, steps: fineTuningSteps },
});

/**
 * The recipe of the committed results. Every number is written out, none is left to a default elsewhere: a
 * change here is a change of the victims, and gives them new places in the cache.
 */
export const VICTIM_RECIPE: VictimRecipe = {
  data: { pairs: 12_000, imageSize: 32, naturalNoise: 0.02, testViews: 8 },
  shapes: {
    conv: CONV_SHAPE,
    vit: { ...CONV_SHAPE, preset: 'vit', visionWidth: 128, visionLayers: 4 },
  },
  training: { conv: trainingFrom(SCRATCH, 1200), vit: trainingFrom(VIT_SCRATCH, 1200) },
};

/**
 * What all baselines share: the optimiser of the victim's training, as many steps, and as many learning rates to
 * choose from (each lists its own).
 */
export const BASELINES = {
  /** Share of the pairs that a baseline is given, drawn from those neither poisoned nor wrongly captioned. */
  cleanShare: 0.15,
  recipe: { ...SCRATCH, steps: 200 } satisfies SeedlessRecipe,
} as const;

/** What a cleaned model goes through to see whether its backdoor comes back: training on clean pairs. */
export const REBOUND = { steps: 300, learningRate: 1e-3 } as const;

/** Views of the target class's test drawing that target-class accuracy is measured on. */
export const TARGET_VIEWS = 64;

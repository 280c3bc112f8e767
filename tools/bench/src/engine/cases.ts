import type { ClipConfig, TransformerSize } from '@ubt/clip';

/** What one step does: a training step of both towers or of the image tower, or the embedding of a batch. */
export type Task = 'train' | 'train-image' | 'embed-image' | 'embed-text';

/** One row of the benchmark. */
export interface BenchCase {
  /** Stable name, for `--only`. */
  readonly name: string;
  /** What the table says. */
  readonly title: string;
  readonly task: Task;
  readonly config: ClipConfig;
  readonly batch: number;
  /** Whether batch normalisation takes the batch's statistics; only ModifiedResNets have any. */
  readonly batchNorm: 'train' | 'frozen';
  /** Small enough for TensorFlow.js' wasm backend, and for a quick run. */
  readonly small: boolean;
  /** PyTorch's time over the engine's that is wanted; nothing of a model that only wasm needs so small. */
  readonly goals: { readonly float32?: number; readonly int8?: number };
}

function transformer(width: number, layers: number, headWidth: number): TransformerSize {
  const shared = { activation: 'quick_gelu', layerNormEps: 1e-5 } as const;
  return { ...shared, width, layers, heads: width / headWidth, mlpWidth: 4 * width };
}

function clip(parts: Pick<ClipConfig, 'family' | 'vision' | 'text' | 'embedDim'>): ClipConfig {
  return { ...parts, logitScaleInit: Math.log(1 / 0.07), customText: false };
}

const CLIP_TEXT = { contextLength: 77, vocabSize: 49_408, pooling: 'argmax', eosTokenId: 49_407 } as const;

const VIT_B_32 = clip({
  family: 'hugging-face',
  vision: { kind: 'vit', imageSize: 224, patchSize: 32, ...transformer(768, 12, 64) },
  text: { ...CLIP_TEXT, ...transformer(512, 12, 64) },
  embedDim: 512,
});

const RN50 = clip({
  family: 'open-clip',
  vision: { kind: 'modified-resnet', imageSize: 224, width: 64, layers: [3, 4, 6, 3], heads: 32 },
  text: { ...CLIP_TEXT, ...transformer(512, 12, 64) },
  embedDim: 1024,
});

const VIT_256 = clip({
  family: 'hugging-face',
  vision: { kind: 'vit', imageSize: 224, patchSize: 32, ...transformer(256, 4, 64) },
  text: { ...CLIP_TEXT, contextLength: 32, vocabSize: 8192, eosTokenId: 8191, ...transformer(256, 4, 64) },
  embedDim: 256,
});

/** What `npm run demo` trains its victim with. */
const DEMO = clip({
  family: 'open-clip',
  vision: { kind: 'modified-resnet', imageSize: 32, width: 16, layers: [1, 1, 1, 1], heads: 8 },
  text: { ...CLIP_TEXT, contextLength: 16, vocabSize: 2048, eosTokenId: 2047, ...transformer(64, 1, 32) },
  embedDim: 64,
});

const TRAINING = { float32: 0.9 };
const EMBEDDING = { float32: 1.2, int8: 3 };

/** Every row, in order. */
export const CASES: readonly BenchCase[] = [
  {
    ...{ name: 'train-vit-256', title: 'train: ViT-CLIP, width 256, 4 layers, batch 32', task: 'train' },
    ...{ config: VIT_256, batch: 32, batchNorm: 'frozen', small: true, goals: TRAINING },
  },
  {
    ...{ name: 'train-vit-b32', title: 'train: ViT-B/32-CLIP, batch 16', task: 'train' },
    ...{ config: VIT_B_32, batch: 16, batchNorm: 'frozen', small: false, goals: TRAINING },
  },
  {
    ...{ name: 'train-rn50', title: 'train: RN50 image tower, batch 8', task: 'train-image' },
    ...{ config: RN50, batch: 8, batchNorm: 'frozen', small: false, goals: TRAINING },
  },
  {
    ...{ name: 'train-rn50-bn', title: 'the same with batch statistics', task: 'train-image' },
    ...{ config: RN50, batch: 8, batchNorm: 'train', small: false, goals: TRAINING },
  },
  {
    ...{ name: 'train-demo', title: "train: the demo's model, batch 128", task: 'train' },
    ...{ config: DEMO, batch: 128, batchNorm: 'train', small: true, goals: { float32: 0.8 } },
  },
  {
    ...{ name: 'embed-vit-256', title: 'embed: ViT-CLIP, width 256, images, batch 32', task: 'embed-image' },
    ...{ config: VIT_256, batch: 32, batchNorm: 'frozen', small: true, goals: {} },
  },
  {
    ...{ name: 'embed-vit-image', title: 'embed: ViT-B/32 images, batch 32', task: 'embed-image' },
    ...{ config: VIT_B_32, batch: 32, batchNorm: 'frozen', small: true, goals: EMBEDDING },
  },
  {
    ...{
      name: 'embed-vit-text',
      title: 'embed: ViT-B/32 captions of 77 tokens, batch 32',
      task: 'embed-text',
    },
    ...{ config: VIT_B_32, batch: 32, batchNorm: 'frozen', small: false, goals: EMBEDDING },
  },
  {
    ...{ name: 'embed-rn50-image', title: 'embed: RN50 images, batch 32', task: 'embed-image' },
    ...{ config: RN50, batch: 32, batchNorm: 'frozen', small: false, goals: EMBEDDING },
  },
  {
    ...{ name: 'embed-rn50-text', title: 'embed: RN50 captions of 77 tokens, batch 32', task: 'embed-text' },
    ...{ config: RN50, batch: 32, batchNorm: 'frozen', small: false, goals: EMBEDDING },
  },
];

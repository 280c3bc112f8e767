export { loadCheckpoint, loadModel, type Checkpoint } from './checkpoint/load-checkpoint.js';
export { openCheckpoint, type OpenCheckpoint, type PlacedTensor } from './checkpoint/open-checkpoint.js';
export { saveCheckpoint, type SavedCheckpoint } from './checkpoint/save-checkpoint.js';
export {
  parseSafetensorsHeader,
  type Dtype,
  type SafetensorsHeader,
  type TensorEntry,
} from './checkpoint/safetensors-header.js';
export type { SafetensorsFile } from './checkpoint/safetensors-file.js';
export type {
  Activation,
  CheckpointFamily,
  ClipConfig,
  ModifiedResNetConfig,
  TextConfig,
  TransformerSize,
  VitConfig,
} from './config/clip-config.js';
export { parseHfConfig, toHfConfig } from './config/hf-config.js';
export { parseOpenClipConfig, toOpenClipConfig } from './config/open-clip-config.js';
export { validateConfig } from './config/validate-config.js';
export {
  clampLogitScale,
  clipParameterCount,
  cloneClip,
  copyClipWeights,
  createClip,
  disposeClip,
  isImageTower,
  isNormalisation,
  logitScale,
  trainableVariables,
  type ClipModel,
} from './model/clip-model.js';
export { freezeClip } from './model/freeze-clip.js';
export type { BatchNormMode } from './model/conv-norm.js';
export { captionTokens } from './model/caption-tokens.js';
export { embedCaptions, embeddingModel, embedPixels, type EmbeddingModel } from './model/embedding-model.js';
export { embedCaptionsInParts, embedPixelsInParts } from './model/embed-in-parts.js';
export type { LayerObserver } from './model/layer-observer.js';
export { embedImages, embedTexts, encodeImage, encodeText, type EncodeImageOptions } from './model/encode.js';

export { unitNorm } from './model/unit-norm.js';
export { imageTowerTop } from './model/image-tower-top.js';
export { imagesPerRun } from './model/images-per-run.js';
export { splitBatch, type BatchPosition, type PairBatch } from './pair-batch.js';
export { augmentImages, type Augmentation } from './preprocess/augment-images.js';
export { coarseImages, imageViews } from './preprocess/image-views.js';
export { normalisePixels } from './preprocess/normalise-pixels.js';
export {
  OPENAI_MEAN,
  OPENAI_STD,
  defaultPreprocess,
  parseHfPreprocess,
  parseOpenClipPreprocess,
  type Interpolation,
  type Preprocess,
} from './preprocess/preprocess.js';
export type { TokenizerJson } from './tokenizer/clip-tokenizer-json.js';
export { createTokenizer, type ClipTokenizer, type TokenizerOptions } from './tokenizer/clip-tokenizer.js';
export { learnTokenizer, type LearnTokenizerOptions } from './tokenizer/learn-tokenizer.js';
export { captionMending, loadTokenizer } from './tokenizer/load-tokenizer.js';
export { createAdamW, type AdamW, type AdamWOptions, type AdamWState } from './training/adamw.js';
export { clipLogits, contrastiveLoss, cosines, squaredDistance } from './training/contrastive-loss.js';
export { disposeGradients, lossGradients, type LossGradients } from './training/loss-gradients.js';
export {
  assertFiniteWeights,
  trainingStep,
  type BuildLoss,
  type TrainingStep,
} from './training/training-step.js';
export { classEmbeddings, zeroShotPredict } from './zero-shot/class-embeddings.js';

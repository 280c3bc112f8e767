/** The non-linearity of a transformer's MLP: `quick_gelu` is x·σ(1.702x), `gelu` is the exact, erf-based one. */
export type Activation = 'quick_gelu' | 'gelu';

/** A transformer's size: every field is a positive whole number, and `heads` divides `width`. */
export interface TransformerSize {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the hidden layer of each MLP. */
  readonly mlpWidth: number;
  readonly activation: Activation;
  /** Added to the variance in every layer norm of the tower. */
  readonly layerNormEps: number;
}

/** A Vision Transformer image tower (Dosovitskiy et al. 2021; Radford et al. 2021, §2.4). */
export interface VitConfig extends TransformerSize {
  readonly kind: 'vit';
  /** Side of the square input image, in pixels; a multiple of `patchSize`. */
  readonly imageSize: number;
  readonly patchSize: number;
}

/** CLIP's ModifiedResNet image tower with attention pooling (Radford et al. 2021, §2.4). */
export interface ModifiedResNetConfig {
  readonly kind: 'modified-resnet';
  /** Side of the square input image, in pixels; a multiple of 32. */
  readonly imageSize: number;
  /** Bottleneck blocks per stage. */
  readonly layers: readonly [number, number, number, number];
  /** Channels after the stem; the attention pool sees `width · 32`. */
  readonly width: number;
  /** Heads of the attention pool. */
  readonly heads: number;
}

/** CLIP's causal text transformer. */
export interface TextConfig extends TransformerSize {
  /** Longest token sequence, begin and end tokens included. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /**
   * Which position is the caption's embedding: `argmax` is the position of the highest token id (OpenAI's
   * rule, and Hugging Face's for the old `eos_token_id: 2`), `first-eos` the first `eosTokenId`.
   */
  readonly pooling: 'argmax' | 'first-eos';
  /** Meaningful with `first-eos` only. */
  readonly eosTokenId: number;
}

/** The library whose tensor names and files a checkpoint follows. */
export type CheckpointFamily = 'hugging-face' | 'open-clip';

/** The shape of one CLIP model; the same for every library it may come from. */
export interface ClipConfig {
  readonly family: CheckpointFamily;
  readonly vision: VitConfig | ModifiedResNetConfig;
  readonly text: TextConfig;
  /** Dimension of the shared embedding space. */
  readonly embedDim: number;
  /** Initial value of `logit_scale`, the logarithm of the inverse temperature. */
  readonly logitScaleInit: number;
  /** open_clip's `custom_text`: the text tower's tensors carry the prefix `text.`. */
  readonly customText: boolean;
}

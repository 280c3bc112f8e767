import { z } from 'zod';
import type { ClipConfig } from './clip-config.js';
import { parseWith, unsupportedModel } from './config-error.js';
import { validateConfig } from './validate-config.js';

const size = z.number().int().positive().max(1_000_000);
const square = z.union([size, z.tuple([size, size])]);
const activation = z.enum(['quick_gelu', 'gelu'], {
  error: 'the activation must be quick_gelu or gelu',
});

/** transformers writes only what differs from its defaults, so these are `CLIPTextConfig`'s. */
const textSchema = z.object({
  vocab_size: size.default(49408),
  hidden_size: size.default(512),
  intermediate_size: size.default(2048),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(8),
  max_position_embeddings: size.default(77),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  eos_token_id: z.union([z.number().int().nonnegative(), z.null()]).default(49407),
});

/** `CLIPVisionConfig`'s defaults. */
const visionSchema = z.object({
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  num_channels: z.literal(3, { error: 'only three-channel (RGB) models are supported' }).default(3),
  image_size: square.default(224),
  patch_size: square.default(32),
  hidden_act: activation.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
});

const clipSchema = z.object({
  projection_dim: size.default(512),
  logit_scale_init_value: z.number().default(2.6592),
  text_config: z.unknown().optional(),
  vision_config: z.unknown().optional(),
  text_config_dict: z.record(z.string(), z.unknown()).nullish(),
  vision_config_dict: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Reads the `config.json` of a Hugging Face `CLIPModel`.
 *
 * @param json the parsed file
 * @param file named in errors
 * @throws UbtError `MODEL_UNSUPPORTED` for another architecture (SigLIP and the like, by name),
 *   `MODEL_CONFIG_INVALID` for fields that are missing, wrong or do not fit each other
 */
export function parseHfConfig(json: unknown, file = 'config.json'): ClipConfig {
  const { model_type: type } = parseWith(z.object({ model_type: z.string().default('(none)') }), json, file);
  if (type !== 'clip') throw unsupportedModel(file, `a model of type "${type}"`);
  const clip = parseWith(clipSchema, json, file);
  // transformers: where both are given, the `_dict` variant wins.
  const text = parseWith(textSchema, merged(clip.text_config, clip.text_config_dict), `${file}:text_config`);
  const vision = parseWith(
    visionSchema,
    merged(clip.vision_config, clip.vision_config_dict),
    `${file}:vision_config`,
  );
  // The rule of transformers' CLIPTextModel: id 2 marks configs written before the id was corrected.
  const legacy = text.eos_token_id === 2 || text.eos_token_id === null;
  return validateConfig(
    {
      family: 'hugging-face',
      customText: false,
      embedDim: clip.projection_dim,
      logitScaleInit: clip.logit_scale_init_value,
      vision: {
        kind: 'vit',
        imageSize: side(vision.image_size, file, 'image_size'),
        patchSize: side(vision.patch_size, file, 'patch_size'),
        width: vision.hidden_size,
        layers: vision.num_hidden_layers,
        heads: vision.num_attention_heads,
        mlpWidth: vision.intermediate_size,
        activation: vision.hidden_act,
        layerNormEps: vision.layer_norm_eps,
      },
      text: {
        contextLength: text.max_position_embeddings,
        vocabSize: text.vocab_size,
        width: text.hidden_size,
        layers: text.num_hidden_layers,
        heads: text.num_attention_heads,
        mlpWidth: text.intermediate_size,
        activation: text.hidden_act,
        layerNormEps: text.layer_norm_eps,
        pooling: legacy ? 'argmax' : 'first-eos',
        eosTokenId: text.eos_token_id ?? 2,
      },
    },
    file,
  );
}

/** The `config.json` that transformers reads back as the same model. */
export function toHfConfig(config: ClipConfig): Record<string, unknown> {
  const { vision, text } = config;
  if (vision.kind !== 'vit') throw unsupportedModel('config.json', 'a ModifiedResNet tower');
  return {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    projection_dim: config.embedDim,
    logit_scale_init_value: config.logitScaleInit,
    text_config: {
      model_type: 'clip_text_model',
      vocab_size: text.vocabSize,
      hidden_size: text.width,
      intermediate_size: text.mlpWidth,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      max_position_embeddings: text.contextLength,
      hidden_act: text.activation,
      layer_norm_eps: text.layerNormEps,
      projection_dim: config.embedDim,
      eos_token_id: text.pooling === 'argmax' ? 2 : text.eosTokenId,
      // The defaults are ids of CLIP's own vocabulary; the model does not use them.
      bos_token_id: null,
      pad_token_id: null,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      hidden_size: vision.width,
      intermediate_size: vision.mlpWidth,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      num_channels: 3,
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      hidden_act: vision.activation,
      layer_norm_eps: vision.layerNormEps,
      projection_dim: config.embedDim,
    },
  };
}

function merged(base: unknown, override: Record<string, unknown> | null | undefined): unknown {
  if (override === null || override === undefined) return base ?? {};
  return { ...(base as Record<string, unknown> | undefined), ...override };
}

function side(value: number | [number, number], file: string, field: string): number {
  if (typeof value === 'number') return value;
  if (value[0] === value[1]) return value[0];
  throw unsupportedModel(file, `images or patches that are not square (${field} ${value.join('×')})`);
}

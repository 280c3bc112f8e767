import { z } from 'zod';
import type { Activation, ClipConfig, ModifiedResNetConfig, TextConfig, VitConfig } from './clip-config.js';
import { parseWith, unsupportedModel } from './config-error.js';
import { validateConfig } from './validate-config.js';

const size = z.number().int().positive().max(1_000_000);
const normKwargs = z.object({ eps: z.number().positive().optional() }).nullish();

const visionSchema = z.looseObject({
  layers: z.union([size, z.tuple([size, size, size, size])]).default(12),
  width: size.default(768),
  head_width: size.default(64),
  mlp_ratio: z.number().positive().default(4),
  patch_size: size.nullish(),
  image_size: z.union([size, z.tuple([size, size])]).default(224),
  norm_kwargs: normKwargs,
});

const textSchema = z.looseObject({
  context_length: size.default(77),
  vocab_size: size.default(49408),
  width: size.default(512),
  heads: size.default(8),
  layers: size.default(12),
  mlp_ratio: z.number().positive().default(4),
  pool_type: z.string().default('argmax'),
  eos_id: z.number().int().nonnegative().default(2),
  norm_kwargs: normKwargs,
  tokenizer_kwargs: z.looseObject({}).nullish(),
});

const modelSchema = z.looseObject({
  embed_dim: size,
  quick_gelu: z.boolean().default(false),
  custom_text: z.boolean().default(false),
  vision_cfg: visionSchema,
  text_cfg: textSchema,
});

type VisionFields = z.infer<typeof visionSchema>;
type TextFields = z.infer<typeof textSchema>;

/** Fields that change the architecture; each is refused unless it has one of the values listed. */
const VISION_PLAIN: Record<string, readonly unknown[]> = {
  timm_model_name: [],
  attentional_pool: [false],
  no_ln_pre: [false],
  ls_init_value: [],
  pos_embed_type: ['learnable'],
  pool_type: ['tok'],
  act_kwargs: [],
  block_type: ['default'],
  qk_norm: [false],
  scaled_cosine_attn: [false],
  scale_heads: [false],
  scale_attn_inner: [false],
  scale_attn: [false],
  scale_fc: [false],
};

const TEXT_PLAIN: Record<string, readonly unknown[]> = {
  hf_model_name: [],
  ls_init_value: [],
  embed_cls: [false],
  no_causal_mask: [false],
  pool_type: ['argmax', 'eos'],
  proj_bias: [false],
  proj_type: ['linear'],
  act_kwargs: [],
  block_type: ['default'],
  qk_norm: [false],
  scaled_cosine_attn: [false],
  scale_heads: [false],
  scale_attn_inner: [false],
  scale_attn: [false],
  scale_fc: [false],
};

/** What would make other tokens of a caption. */
const TOKENIZER_PLAIN: Record<string, readonly unknown[]> = {
  clean: ['lower', 'whitespace'],
  reduction_mask: [''],
};

/**
 * Reads open_clip's model JSON: either the bare model config or an `open_clip_config.json`, which wraps it
 * in `model_cfg`.
 *
 * @param json the parsed file
 * @param file named in errors
 * @throws UbtError `MODEL_UNSUPPORTED` for towers and heads other than CLIP's (SigLIP, CoCa, timm, …),
 *   `MODEL_CONFIG_INVALID` for fields that are missing, wrong or do not fit each other
 */
export function parseOpenClipConfig(json: unknown, file = 'open_clip_config.json'): ClipConfig {
  const { model_cfg: inner } = parseWith(z.looseObject({ model_cfg: z.unknown().optional() }), json, file);
  const model = parseWith(modelSchema, inner ?? json, file);
  if (model['init_logit_bias'] !== undefined && model['init_logit_bias'] !== null) {
    throw unsupportedModel(file, 'a SigLIP-style model (init_logit_bias)');
  }
  if (model['multimodal_cfg'] !== undefined) throw unsupportedModel(file, 'a CoCa model (multimodal_cfg)');
  refuseOthers(model.vision_cfg, VISION_PLAIN, file, 'vision_cfg');
  refuseOthers(model.text_cfg, TEXT_PLAIN, file, 'text_cfg');
  refuseOthers(model.text_cfg.tokenizer_kwargs ?? {}, TOKENIZER_PLAIN, file, 'text_cfg.tokenizer_kwargs');
  const activation: Activation = model.quick_gelu ? 'quick_gelu' : 'gelu';
  return validateConfig(
    {
      family: 'open-clip',
      customText: model.custom_text,
      embedDim: model.embed_dim,
      logitScaleInit: Math.log(1 / 0.07),
      vision: vision(model.vision_cfg, activation, file),
      text: text(model.text_cfg, activation),
    },
    file,
  );
}

/** The `model_cfg` that open_clip reads back as the same model. */
export function toOpenClipConfig(config: ClipConfig): Record<string, unknown> {
  const { vision, text } = config;
  return {
    embed_dim: config.embedDim,
    quick_gelu: text.activation === 'quick_gelu',
    ...(config.customText ? { custom_text: true } : {}),
    vision_cfg:
      vision.kind === 'vit'
        ? {
            image_size: vision.imageSize,
            layers: vision.layers,
            width: vision.width,
            head_width: vision.width / vision.heads,
            mlp_ratio: vision.mlpWidth / vision.width,
            patch_size: vision.patchSize,
          }
        : {
            image_size: vision.imageSize,
            layers: [...vision.layers],
            width: vision.width,
            head_width: (vision.width * 32) / vision.heads,
            patch_size: null,
          },
    text_cfg: {
      context_length: text.contextLength,
      vocab_size: text.vocabSize,
      width: text.width,
      heads: text.heads,
      layers: text.layers,
      mlp_ratio: text.mlpWidth / text.width,
      ...(text.pooling === 'first-eos' ? { pool_type: 'eos', eos_id: text.eosTokenId } : {}),
    },
  };
}

function vision(
  fields: VisionFields,
  activation: Activation,
  file: string,
): VitConfig | ModifiedResNetConfig {
  const imageSize = squareSide(fields.image_size, file);
  if (typeof fields.layers !== 'number') {
    const heads = Math.max(1, Math.floor((fields.width * 32) / fields.head_width));
    return { kind: 'modified-resnet', imageSize, layers: fields.layers, width: fields.width, heads };
  }
  return {
    kind: 'vit',
    imageSize,
    patchSize: fields.patch_size ?? 16,
    width: fields.width,
    layers: fields.layers,
    heads: Math.max(1, Math.floor(fields.width / fields.head_width)),
    mlpWidth: Math.floor(fields.width * fields.mlp_ratio),
    activation,
    layerNormEps: fields.norm_kwargs?.eps ?? 1e-5,
  };
}

function text(fields: TextFields, activation: Activation): TextConfig {
  return {
    contextLength: fields.context_length,
    vocabSize: fields.vocab_size,
    width: fields.width,
    layers: fields.layers,
    heads: fields.heads,
    mlpWidth: Math.floor(fields.width * fields.mlp_ratio),
    activation,
    layerNormEps: fields.norm_kwargs?.eps ?? 1e-5,
    pooling: fields.pool_type === 'eos' ? 'first-eos' : 'argmax',
    eosTokenId: fields.eos_id,
  };
}

function refuseOthers(
  fields: Record<string, unknown>,
  plain: Record<string, readonly unknown[]>,
  file: string,
  section: string,
): void {
  for (const [name, allowed] of Object.entries(plain)) {
    const value = fields[name];
    if (value === undefined || value === null || allowed.includes(value)) continue;
    throw unsupportedModel(file, `${section}.${name} = ${JSON.stringify(value)}`);
  }
}

function squareSide(value: number | [number, number], file: string): number {
  if (typeof value === 'number') return value;
  if (value[0] === value[1]) return value[0];
  throw unsupportedModel(file, `images that are not square (${value.join('×')})`);
}

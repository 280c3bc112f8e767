import type { ClipConfig } from '../config/clip-config.js';

/** Names of one pre-norm transformer block's tensors, without `.weight` and `.bias`. */
export interface BlockNames {
  readonly norm1: string;
  readonly norm2: string;
  /** Either the three projections, or the prefix of open_clip's joint `in_proj_weight` / `in_proj_bias`. */
  readonly qkv: { readonly split: readonly [string, string, string] } | { readonly joint: string };
  readonly out: string;
  readonly up: string;
  readonly down: string;
}

/** Names of a ViT tower's tensors. */
export interface VitNames {
  readonly patches: string;
  readonly classToken: string;
  readonly positions: string;
  readonly normBefore: string;
  readonly normAfter: string;
  readonly blocks: readonly BlockNames[];
  readonly projection: ProjectionName;
}

/** Names of a text tower's tensors. */
export interface TextNames {
  readonly tokens: string;
  readonly positions: string;
  readonly normAfter: string;
  readonly blocks: readonly BlockNames[];
  readonly projection: ProjectionName;
}

/** A projection into the shared space; `transposed` when the tensor is `[embedDim, width]`. */
export interface ProjectionName {
  readonly name: string;
  readonly transposed: boolean;
}

/** The name of the logarithm of the inverse temperature, a scalar; the same in both families. */
export const LOGIT_SCALE = 'logit_scale';

/** Prefix of a ModifiedResNet tower's tensors (open_clip and OpenAI name them alike). */
export const RESNET_PREFIX = 'visual';

/** The tensor names of a ViT image tower in the config's checkpoint family. */
export function vitNames(config: ClipConfig, layers: number): VitNames {
  if (config.family === 'hugging-face') {
    const root = 'vision_model';
    return {
      patches: `${root}.embeddings.patch_embedding.weight`,
      classToken: `${root}.embeddings.class_embedding`,
      positions: `${root}.embeddings.position_embedding.weight`,
      normBefore: `${root}.pre_layrnorm`,
      normAfter: `${root}.post_layernorm`,
      blocks: hfBlocks(root, layers),
      projection: { name: 'visual_projection.weight', transposed: true },
    };
  }
  return {
    patches: 'visual.conv1.weight',
    classToken: 'visual.class_embedding',
    positions: 'visual.positional_embedding',
    normBefore: 'visual.ln_pre',
    normAfter: 'visual.ln_post',
    blocks: openClipBlocks('visual.', layers),
    projection: { name: 'visual.proj', transposed: false },
  };
}

/** The tensor names of the text tower in the config's checkpoint family. */
export function textNames(config: ClipConfig): TextNames {
  const { layers } = config.text;
  if (config.family === 'hugging-face') {
    const root = 'text_model';
    return {
      tokens: `${root}.embeddings.token_embedding.weight`,
      positions: `${root}.embeddings.position_embedding.weight`,
      normAfter: `${root}.final_layer_norm`,
      blocks: hfBlocks(root, layers),
      projection: { name: 'text_projection.weight', transposed: true },
    };
  }
  const prefix = config.customText ? 'text.' : '';
  return {
    tokens: `${prefix}token_embedding.weight`,
    positions: `${prefix}positional_embedding`,
    normAfter: `${prefix}ln_final`,
    blocks: openClipBlocks(prefix, layers),
    projection: { name: `${prefix}text_projection`, transposed: false },
  };
}

function hfBlocks(root: string, layers: number): BlockNames[] {
  return Array.from({ length: layers }, (_, index) => {
    const block = `${root}.encoder.layers.${index}`;
    return {
      norm1: `${block}.layer_norm1`,
      norm2: `${block}.layer_norm2`,
      qkv: {
        split: [`${block}.self_attn.q_proj`, `${block}.self_attn.k_proj`, `${block}.self_attn.v_proj`],
      },
      out: `${block}.self_attn.out_proj`,
      up: `${block}.mlp.fc1`,
      down: `${block}.mlp.fc2`,
    };
  });
}

function openClipBlocks(prefix: string, layers: number): BlockNames[] {
  return Array.from({ length: layers }, (_, index) => {
    const block = `${prefix}transformer.resblocks.${index}`;
    return {
      norm1: `${block}.ln_1`,
      norm2: `${block}.ln_2`,
      qkv: { joint: `${block}.attn` },
      out: `${block}.attn.out_proj`,
      up: `${block}.mlp.c_fc`,
      down: `${block}.mlp.c_proj`,
    };
  });
}

import type { ClipConfig, TransformerSize } from '../config/clip-config.js';
import { resnetSpecs } from './modified-resnet-specs.js';
import { LOGIT_SCALE, textNames, vitNames, type BlockNames } from './tensor-names.js';
import { parameter, type Initial, type TensorSpec } from './tensor-spec.js';

const ZERO: Initial = { kind: 'constant', value: 0 };
const ONE: Initial = { kind: 'constant', value: 1 };
const normal = (std: number): Initial => ({ kind: 'normal', std });

/**
 * Every tensor that a model of this config has, with its shape and how it starts: the way transformers
 * (`CLIPPreTrainedModel._init_weights`) and open_clip (`init_parameters`) do it for their own family.
 */
export function tensorSpecs(config: ClipConfig): TensorSpec[] {
  return [
    parameter(LOGIT_SCALE, [], { kind: 'constant', value: config.logitScaleInit }),
    ...textSpecs(config),
    ...(config.vision.kind === 'vit' ? vitSpecs(config) : resnetSpecs(config.vision, config.embedDim)),
  ];
}

function vitSpecs(config: ClipConfig): TensorSpec[] {
  const { vision, embedDim, family } = config;
  if (vision.kind !== 'vit') return [];
  const { width, patchSize } = vision;
  const names = vitNames(config, vision.layers);
  const hf = family === 'hugging-face';
  const scale = width ** -0.5;
  const tokens = (vision.imageSize / patchSize) ** 2 + 1;
  const fanIn = 3 * patchSize ** 2;
  return [
    parameter(names.classToken, [width], normal(scale)),
    parameter(
      names.patches,
      [width, 3, patchSize, patchSize],
      hf ? normal(0.02) : { kind: 'uniform', bound: fanIn ** -0.5 },
    ),
    parameter(names.positions, [tokens, width], normal(hf ? 0.02 : scale)),
    ...normSpecs(names.normBefore, width),
    ...names.blocks.flatMap((block) => blockSpecs(block, vision)),
    ...normSpecs(names.normAfter, width),
    projectionSpec(names.projection, width, embedDim),
  ];
}

function textSpecs(config: ClipConfig): TensorSpec[] {
  const { text, embedDim, family } = config;
  const names = textNames(config);
  return [
    parameter(names.tokens, [text.vocabSize, text.width], normal(0.02)),
    parameter(
      names.positions,
      [text.contextLength, text.width],
      normal(family === 'hugging-face' ? 0.02 : 0.01),
    ),
    ...names.blocks.flatMap((block) => blockSpecs(block, text)),
    ...normSpecs(names.normAfter, text.width),
    projectionSpec(names.projection, text.width, embedDim),
  ];
}

function projectionSpec(
  projection: { name: string; transposed: boolean },
  width: number,
  embedDim: number,
): TensorSpec {
  return parameter(
    projection.name,
    projection.transposed ? [embedDim, width] : [width, embedDim],
    normal(width ** -0.5),
  );
}

function normSpecs(name: string, width: number): TensorSpec[] {
  return [parameter(`${name}.weight`, [width], ONE), parameter(`${name}.bias`, [width], ZERO)];
}

/** Gains as in GPT-2: projections onto the residual stream shrink with the depth, (2·layers)^−½. */
function blockSpecs(names: BlockNames, size: TransformerSize): TensorSpec[] {
  const { width, mlpWidth, layers } = size;
  const onto = width ** -0.5 * (2 * layers) ** -0.5;
  const linear = (name: string, rows: number, columns: number, std: number): TensorSpec[] => [
    parameter(`${name}.weight`, [rows, columns], normal(std)),
    parameter(`${name}.bias`, [rows], ZERO),
  ];
  const attention =
    'split' in names.qkv
      ? [
          ...names.qkv.split.flatMap((name) => linear(name, width, width, onto)),
          ...linear(names.out, width, width, width ** -0.5),
        ]
      : [
          parameter(`${names.qkv.joint}.in_proj_weight`, [3 * width, width], normal(width ** -0.5)),
          parameter(`${names.qkv.joint}.in_proj_bias`, [3 * width], ZERO),
          ...linear(names.out, width, width, onto),
        ];
  return [
    ...normSpecs(names.norm1, width),
    ...attention,
    ...normSpecs(names.norm2, width),
    ...linear(names.up, mlpWidth, width, (2 * width) ** -0.5),
    ...linear(names.down, width, mlpWidth, onto),
  ];
}

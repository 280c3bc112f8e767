import type { ModifiedResNetConfig } from '../config/clip-config.js';
import { RESNET_PREFIX } from './tensor-names.js';
import { parameter, type TensorSpec } from './tensor-spec.js';

/** One bottleneck: where its tensors are, and what it does to channels and resolution. */
export interface Bottleneck {
  readonly name: string;
  readonly inputs: number;
  readonly planes: number;
  /** 2 halves the resolution by average pooling, 1 keeps it. */
  readonly stride: 1 | 2;
  readonly downsample: boolean;
}

/** Output channels of a bottleneck per plane. */
export const EXPANSION = 4;

/** The tower's bottlenecks in order. */
export function bottlenecks(config: ModifiedResNetConfig): Bottleneck[] {
  const blocks: Bottleneck[] = [];
  let inputs = config.width;
  config.layers.forEach((count, stage) => {
    const planes = config.width * 2 ** stage;
    for (let index = 0; index < count; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      blocks.push({
        name: `${RESNET_PREFIX}.layer${stage + 1}.${index}`,
        inputs,
        planes,
        stride,
        downsample: stride > 1 || inputs !== planes * EXPANSION,
      });
      inputs = planes * EXPANSION;
    }
  });
  return blocks;
}

/** Every tensor of a ModifiedResNet tower, batch-norm statistics included. */
export function resnetSpecs(config: ModifiedResNetConfig, embedDim: number): TensorSpec[] {
  const half = config.width / 2;
  const root = RESNET_PREFIX;
  const features = config.width * 32;
  const positions = (config.imageSize / 32) ** 2 + 1;
  const std = features ** -0.5;
  const linear = (name: string, rows: number): TensorSpec[] => [
    parameter(`${root}.attnpool.${name}.weight`, [rows, features], { kind: 'normal', std }),
    parameter(`${root}.attnpool.${name}.bias`, [rows], { kind: 'uniform', bound: std }),
  ];
  return [
    ...convNorm(`${root}.conv1`, `${root}.bn1`, 3, half, 3),
    ...convNorm(`${root}.conv2`, `${root}.bn2`, half, half, 3),
    ...convNorm(`${root}.conv3`, `${root}.bn3`, half, config.width, 3),
    ...bottlenecks(config).flatMap(bottleneckSpecs),
    parameter(`${root}.attnpool.positional_embedding`, [positions, features], { kind: 'normal', std }),
    ...linear('k_proj', features),
    ...linear('q_proj', features),
    ...linear('v_proj', features),
    ...linear('c_proj', embedDim),
  ];
}

function bottleneckSpecs({ name, inputs, planes, downsample }: Bottleneck): TensorSpec[] {
  const outputs = planes * EXPANSION;
  return [
    ...convNorm(`${name}.conv1`, `${name}.bn1`, inputs, planes, 1),
    ...convNorm(`${name}.conv2`, `${name}.bn2`, planes, planes, 3),
    // A residual branch starts silent: the gain of its last normalisation is zero.
    ...convNorm(`${name}.conv3`, `${name}.bn3`, planes, outputs, 1, 0),
    ...(downsample ? convNorm(`${name}.downsample.0`, `${name}.downsample.1`, inputs, outputs, 1) : []),
  ];
}

function convNorm(
  conv: string,
  norm: string,
  inputs: number,
  outputs: number,
  size: number,
  gain = 1,
): TensorSpec[] {
  const bound = (inputs * size * size) ** -0.5;
  const statistic = (name: string, value: number): TensorSpec => ({
    name: `${norm}.${name}`,
    shape: [outputs],
    trainable: false,
    initial: { kind: 'constant', value },
  });
  return [
    parameter(`${conv}.weight`, [outputs, inputs, size, size], { kind: 'uniform', bound }),
    parameter(`${norm}.weight`, [outputs], { kind: 'constant', value: gain }),
    parameter(`${norm}.bias`, [outputs], { kind: 'constant', value: 0 }),
    statistic('running_mean', 0),
    statistic('running_var', 1),
  ];
}

import type { ClipConfig } from '../config/clip-config.js';
import { RESNET_PREFIX, vitNames, type BlockNames } from './tensor-names.js';

/** Share of a transformer's blocks that count as its top, rounded up. */
const TOP_BLOCKS = 1 / 4;

/**
 * Tells by its name, in the config's family, whether a tensor belongs to the top of the image tower: the attention pool of
 * a ModifiedResNet (39 % of RN50's tower); of a ViT the last quarter of its blocks, the norm after them and the projection
 * (a quarter of ViT-B/32's tower). What is trained there needs no gradients below.
 */
export function imageTowerTop(config: ClipConfig): (name: string) => boolean {
  const starts = topNames(config);
  return (name) => starts.some((start) => name.startsWith(start));
}

/** What the names of the tensors start with. */
function topNames(config: ClipConfig): string[] {
  const { vision } = config;
  if (vision.kind === 'modified-resnet') return [`${RESNET_PREFIX}.attnpool.`];
  const { blocks, normAfter, projection } = vitNames(config, vision.layers);
  const top = blocks.slice(-Math.ceil(vision.layers * TOP_BLOCKS));
  return [...top.flatMap(blockNames), normAfter, projection.name];
}

function blockNames({ norm1, norm2, qkv, out, up, down }: BlockNames): string[] {
  return [norm1, norm2, ...('joint' in qkv ? [qkv.joint] : qkv.split), out, up, down];
}

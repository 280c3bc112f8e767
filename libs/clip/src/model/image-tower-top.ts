import type { ClipConfig } from '../config/clip-config.js';
import { isImageTower } from './clip-model.js';

/** Share of a transformer's blocks that count as its top, rounded up. */
const TOP_BLOCKS = 1 / 4;

const RESNET_TOP = /^visual\.attnpool\./;
const VIT_BLOCK = /\.(?:encoder\.layers|transformer\.resblocks)\.(\d+)\./;
const VIT_END = /^(?:vision_model\.post_layernorm\.|visual_projection\.|visual\.ln_post\.|visual\.proj$)/;

/**
 * Tells by its name, in any family, whether a tensor belongs to the top of the image tower: the attention pool of a
 * ModifiedResNet (39 % of RN50's tower); of a ViT the last quarter of its blocks, the norm after them and the projection
 * (a quarter of ViT-B/32's tower). What is trained there needs no gradients below.
 */
export function imageTowerTop({ vision }: ClipConfig): (name: string) => boolean {
  if (vision.kind === 'modified-resnet') return (name) => RESNET_TOP.test(name);
  const first = vision.layers - Math.ceil(vision.layers * TOP_BLOCKS);
  return (name) => isImageTower(name) && (VIT_END.test(name) || blockOf(name) >= first);
}

/** A name outside the blocks is below all of them. */
function blockOf(name: string): number {
  return Number(VIT_BLOCK.exec(name)?.[1] ?? -1);
}

import type { ClipConfig, ModifiedResNetConfig, VitConfig } from '../config/clip-config.js';

/** Activations that one run of a training step may keep, in numbers: 512 MiB. */
const MOST_ACTIVATIONS = 2 ** 29 / 4;

/**
 * How many images the image tower may train on in one run, so that memory does not grow with the batch: as many as
 * keep about 512 MiB of activations between the forward and the backward pass, and one at least. Small models take
 * their whole batch at once. A power of two, as batches usually are: parts of one size share a compiled graph.
 */
export function imagesPerRun({ vision }: ClipConfig): number {
  const perImage = vision.kind === 'vit' ? vitActivations(vision) : resNetActivations(vision);
  return 2 ** Math.max(0, Math.floor(Math.log2(MOST_ACTIVATIONS / perImage)));
}

/** Twelve vectors per token and block beside the MLP's three, and two matrices of attention scores per head. */
function vitActivations({ imageSize, patchSize, width, layers, heads, mlpWidth }: VitConfig): number {
  const tokens = (imageSize / patchSize) ** 2 + 1;
  return layers * (tokens * (12 * width + 3 * mlpWidth) + 2 * heads * tokens ** 2);
}

/**
 * Each convolution's output is kept three times, before and after its normalisation and activation. A bottleneck of a
 * stage has `4 · width · 2^stage` channels at its end, and half as many in between; the stem works on half the side.
 */
function resNetActivations({ imageSize, layers, width }: ModifiedResNetConfig): number {
  const stem = (imageSize / 2) ** 2 * 2 * width;
  return layers.reduce((sum, blocks, stage) => {
    const side = imageSize / 4 / 2 ** stage;
    return sum + 3 * blocks * side ** 2 * 6 * width * 2 ** stage;
  }, 3 * stem);
}

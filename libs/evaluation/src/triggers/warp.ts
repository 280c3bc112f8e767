import { z } from 'zod';
import { toByte, type Canvas } from '../canvas.js';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';

/**
 * One frozen, smooth warp of the whole image (WaNet, arXiv 2102.10369, equations 5 and 6): a coarse grid of
 * random directions, scaled to a mean absolute value of 1, stretched over the image by bicubic
 * interpolation; pixels are read from the displaced places by bilinear interpolation.
 */
export const warp = defineTriggerKind({
  kind: 'warp',
  parameters: z.strictObject({
    /** Control points of the warp along the image's side. */
    grid: z.int().min(2).max(256).default(4),
    /** Mean displacement along each axis, as a fraction of the image's side. */
    strength: z.number().positive().max(0.5).default(0.03),
  }),
  paint(canvas, { grid, strength }, seed) {
    const { pixels, height, width, side, left, top } = canvas;
    const field = [0, 1].map((axis) => controlPoints(grid, seed, axis));
    const source = Uint8Array.from(pixels);
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const x = (Math.max(0, Math.min(side - 1, column - left)) / Math.max(1, side - 1)) * (grid - 1);
        const y = (Math.max(0, Math.min(side - 1, row - top)) / Math.max(1, side - 1)) * (grid - 1);
        const fromX = column + strength * side * bicubic(field[0]!, grid, x, y);
        const fromY = row + strength * side * bicubic(field[1]!, grid, x, y);
        for (let channel = 0; channel < 3; channel++, at++) {
          pixels[at] = toByte(bilinear(source, canvas, fromX, fromY, channel));
        }
      }
    }
  },
});

function controlPoints(grid: number, seed: number, axis: number): Float64Array {
  const points = Float64Array.from({ length: grid * grid }, (_, at) => 2 * hashNoise(seed, axis, at) - 1);
  const mean = points.reduce((sum, value) => sum + Math.abs(value), 0) / points.length;
  return points.map((value) => value / mean);
}

/** Cubic convolution with a = −0.75, borders repeated, as in PyTorch's upsampling. */
function bicubic(points: Float64Array, grid: number, x: number, y: number): number {
  const clamp = (index: number) => Math.max(0, Math.min(grid - 1, index));
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  let sum = 0;
  for (let dy = -1; dy <= 2; dy++) {
    for (let dx = -1; dx <= 2; dx++) {
      const weight = cubicWeight(x - x0 - dx) * cubicWeight(y - y0 - dy);
      sum += weight * points[clamp(y0 + dy) * grid + clamp(x0 + dx)]!;
    }
  }
  return sum;
}

function cubicWeight(distance: number): number {
  const a = -0.75;
  const t = Math.abs(distance);
  if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  if (t < 2) return a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a;
  return 0;
}

function bilinear(source: Uint8Array, { height, width }: Canvas, x: number, y: number, channel: number) {
  const fromX = Math.max(0, Math.min(width - 1, x));
  const fromY = Math.max(0, Math.min(height - 1, y));
  const x0 = Math.floor(fromX);
  const y0 = Math.floor(fromY);
  const x1 = Math.min(width - 1, x0 + 1);
  const y1 = Math.min(height - 1, y0 + 1);
  const at = (row: number, column: number) => source[3 * (row * width + column) + channel]!;
  const upper = at(y0, x0) + (at(y0, x1) - at(y0, x0)) * (fromX - x0);
  const lower = at(y1, x0) + (at(y1, x1) - at(y1, x0)) * (fromX - x0);
  return upper + (lower - upper) * (fromY - y0);
}

import type { Canvas } from '../canvas.js';
import { hashNoise } from '../hash-noise.js';
import { placeBox, writePixel, type Placement } from './place-box.js';

/** A square of `cells × cells` cells; size and margin are fractions of the image's side. */
export interface CellSquare {
  readonly cells: number;
  readonly size: number;
  readonly margin: number;
  readonly placement: Placement;
}

/**
 * Paints a square of cells; a random place is a matter of the seed and the sample.
 *
 * @param colour byte of a cell's channel
 */
export function paintCells(
  canvas: Canvas,
  { cells, size, margin, placement }: CellSquare,
  { seed, sampleIndex }: { readonly seed: number; readonly sampleIndex: number },
  colour: (cellX: number, cellY: number, channel: number) => number,
): void {
  const length = Math.max(1, Math.round(size * canvas.side));
  const box = { width: length, height: length, margin: Math.round(margin * canvas.side), placement };
  const [x, y] = placeBox(canvas.side, box, (axis) => hashNoise(seed, 1, sampleIndex, axis));
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < length; column++) {
      const cellX = Math.floor((column * cells) / length);
      const cellY = Math.floor((row * cells) / length);
      writePixel(canvas, x + column, y + row, (channel) => colour(cellX, cellY, channel));
    }
  }
}

import { z } from 'zod';
import type { Canvas } from '../canvas.js';

/** Where a trigger that covers a part of the image sits. */
export const placementSchema = z.enum([
  ...(['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center', 'random'] as const),
]);

/** One of the places. */
export type Placement = z.output<typeof placementSchema>;

/** A box to be placed; lengths in pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
  /** Distance from the border of the centred square. */
  readonly margin: number;
  readonly placement: Placement;
}

/**
 * Top left corner of a box, relative to the centred square.
 *
 * @param random uniform in [0, 1), by axis: decides the `random` placement
 */
export function placeBox(
  side: number,
  { width, height, margin, placement }: Box,
  random: (axis: number) => number,
): [x: number, y: number] {
  const across = range(side, width, margin);
  const down = range(side, height, margin);
  const corners: Record<Placement, [number, number]> = {
    'top-left': [across.near, down.near],
    'top-right': [across.far, down.near],
    'bottom-left': [across.near, down.far],
    'bottom-right': [across.far, down.far],
    center: [Math.floor((side - width) / 2), Math.floor((side - height) / 2)],
    random: [anywhere(across, random(0)), anywhere(down, random(1))],
  };
  return corners[placement];
}

function range(side: number, length: number, margin: number) {
  const far = Math.max(0, side - length - margin);
  return { near: Math.min(margin, far), far };
}

const anywhere = ({ near, far }: { near: number; far: number }, random: number) =>
  near + Math.floor(random * (far - near + 1));

/** Writes one pixel, placed relative to the centred square; outside the image nothing is written. */
export function writePixel(canvas: Canvas, x: number, y: number, colour: (channel: number) => number): void {
  const column = canvas.left + x;
  const row = canvas.top + y;
  if (column < 0 || column >= canvas.width || row < 0 || row >= canvas.height) return;
  const at = 3 * (row * canvas.width + column);
  for (let channel = 0; channel < 3; channel++) canvas.pixels[at + channel] = colour(channel);
}

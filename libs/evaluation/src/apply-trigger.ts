import { UbtError } from '@ubt/errors';
import { createCanvas } from './canvas.js';
import { TRIGGER_KINDS, type Trigger } from './trigger.js';
import type { TriggerKind } from './trigger-kind.js';
import type { z } from 'zod';

/** Size of an image in pixels; a number is the side of a square one. */
export type PixelSize = number | { readonly height: number; readonly width: number };

/**
 * Paints a trigger on a copy of an image. Pure and deterministic: the same arguments give the same bytes.
 *
 * Evaluation paints at the model's input resolution, after resize and crop and before normalisation;
 * poisoning paints at the resolution of the file. Both lay the trigger out inside the centred square that
 * the crop keeps, with lengths relative to its side, so both show the model the same trigger.
 *
 * @param pixels RGB bytes `[height, width, 3]`; not changed
 * @param sampleIndex which image it is: moves triggers that sit at a random place
 * @returns RGB bytes `[height, width, 3]`
 * @throws UbtError `PIXELS_SIZE_MISMATCH` when the length is not height × width × 3
 */
export function applyTrigger(
  pixels: Uint8Array,
  size: PixelSize,
  trigger: Trigger,
  sampleIndex: number,
): Uint8Array {
  const { height, width } = typeof size === 'number' ? { height: size, width: size } : size;
  if (pixels.length !== height * width * 3 || pixels.length === 0) {
    throw new UbtError(
      'invalid-argument',
      `An image of ${height} × ${width} RGB pixels has ${height * width * 3} bytes, not ${pixels.length}.`,
      { code: 'PIXELS_SIZE_MISMATCH', fix: 'Pass interleaved RGB bytes and their size.' },
    );
  }
  const canvas = createCanvas(pixels, height, width);
  // The schema has paired kind and parameters; TypeScript cannot follow that through the table.
  const kind = TRIGGER_KINDS[trigger.kind] as TriggerKind<string, z.ZodType>;
  kind.paint(canvas, trigger.parameters, trigger.seed, sampleIndex);
  return canvas.pixels;
}

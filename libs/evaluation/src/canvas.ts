/**
 * RGB pixels a trigger paints on, `[height, width, 3]` bytes. `side`, `left` and `top` are the centred
 * square that a centre crop keeps: every trigger is laid out inside it, in units of its side, so that it
 * survives the crop and means the same at every resolution.
 */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly side: number;
  readonly left: number;
  readonly top: number;
}

/** A canvas over a copy of `pixels`; the caller has checked that the length fits. */
export function createCanvas(pixels: Uint8Array, height: number, width: number): Canvas {
  const side = Math.min(height, width);
  return {
    pixels: Uint8Array.from(pixels),
    height,
    width,
    side,
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
  };
}

/**
 * Replaces every channel value by `value(old, x, y, channel)`, rounded and clamped to bytes; `x` and `y` are
 * relative to the centred square and may lie outside it.
 */
export function paintAll(
  canvas: Canvas,
  value: (old: number, x: number, y: number, channel: number) => number,
): void {
  const { pixels, height, width, left, top } = canvas;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < 3; channel++, at++) {
        pixels[at] = toByte(value(pixels[at]!, column - left, row - top, channel));
      }
    }
  }
}

/** Rounds to the nearest byte. */
export function toByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

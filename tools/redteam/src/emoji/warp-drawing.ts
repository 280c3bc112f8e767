import type { Variates } from '../variates.js';

/** A drawing as raster: RGBA bytes with premultiplied alpha, `[side, side, 4]`. */
export interface Drawing {
  readonly rgba: Uint8Array;
  readonly side: number;
}

/** How one view of a drawing is made. */
export interface View {
  /** Radians. */
  readonly rotation: number;
  /** Size of the drawing in the view; 1 fills it. */
  readonly scale: number;
  /** Shift to the right and down, as fractions of the view's side. */
  readonly shiftX: number;
  readonly shiftY: number;
  readonly flip: boolean;
  /** RGB of the background, 0 to 255. */
  readonly background: readonly [number, number, number];
  /** Factor on each channel of the drawing. */
  readonly gain: readonly [number, number, number];
}

/** How far views may differ from the plain drawing. */
export interface ViewRange {
  readonly rotationDegrees: number;
  readonly scale: readonly [low: number, high: number];
  readonly shift: number;
  readonly flip: boolean;
  readonly gain: number;
}

/** Views to train on. */
export const TRAIN_VIEWS: ViewRange = {
  rotationDegrees: 20,
  scale: [0.7, 1],
  shift: 0.08,
  flip: true,
  gain: 0.2,
};

/** Views to test on: mild, so that the held-out style stays the difficulty. */
export const TEST_VIEWS: ViewRange = {
  rotationDegrees: 8,
  scale: [0.85, 1],
  shift: 0.03,
  flip: false,
  gain: 0.05,
};

/** Draws a view within a range. */
export function drawView(range: ViewRange, draw: Variates): View {
  const { rotationDegrees, shift, gain } = range;
  const rotation = (draw.uniform(-rotationDegrees, rotationDegrees) * Math.PI) / 180;
  const factor = () => draw.uniform(1 - gain, 1 + gain);
  const level = draw.chance(0.5) ? 150 : 225;
  const channel = () => draw.uniform(level, 256);
  return {
    rotation,
    scale: draw.uniform(...range.scale),
    shiftX: draw.uniform(-shift, shift),
    shiftY: draw.uniform(-shift, shift),
    flip: range.flip && draw.chance(0.5),
    background: [channel(), channel(), channel()],
    gain: [factor(), factor(), factor()],
  };
}

/** Samples per output pixel and axis; smooths the shrinking from the raster to the view. */
const SUPERSAMPLING = 2;

/**
 * Renders one view of a drawing.
 *
 * @returns RGB bytes `[side, side, 3]`
 */
export function warpDrawing(drawing: Drawing, view: View, side: number): Uint8Array {
  const out = new Uint8Array(side * side * 3);
  const { rotation, scale, shiftX, shiftY, flip, background, gain } = view;
  const cos = (Math.cos(rotation) / scale) * (drawing.side / side);
  const sin = (Math.sin(rotation) / scale) * (drawing.side / side);
  const centre = drawing.side / 2;
  const sample = new Float64Array(4);
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at += 3) {
      sample.fill(0);
      for (let part = 0; part < SUPERSAMPLING ** 2; part++) {
        const partX = ((part % SUPERSAMPLING) + 0.5) / SUPERSAMPLING;
        const partY = (Math.floor(part / SUPERSAMPLING) + 0.5) / SUPERSAMPLING;
        const x = column + partX - side / 2 - shiftX * side;
        const y = row + partY - side / 2 - shiftY * side;
        const fromX = (cos * x + sin * y) * (flip ? -1 : 1) + centre;
        addBilinear(sample, drawing, fromX - 0.5, cos * y - sin * x + centre - 0.5);
      }
      const alpha = sample[3]! / SUPERSAMPLING ** 2 / 255;
      for (let channel = 0; channel < 3; channel++) {
        const colour = (sample[channel]! / SUPERSAMPLING ** 2) * gain[channel]!;
        out[at + channel] = Math.max(
          0,
          Math.min(255, Math.round(colour + (1 - alpha) * background[channel]!)),
        );
      }
    }
  }
  return out;
}

/** Adds the four channels at a place between pixels; outside the drawing everything is transparent. */
function addBilinear(sample: Float64Array, { rgba, side }: Drawing, x: number, y: number): void {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  for (let corner = 0; corner < 4; corner++) {
    const column = x0 + (corner & 1);
    const row = y0 + (corner >> 1);
    if (column < 0 || row < 0 || column >= side || row >= side) continue;
    const weight = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
    const at = 4 * (row * side + column);
    for (let channel = 0; channel < 4; channel++) sample[channel]! += weight * rgba[at + channel]!;
  }
}

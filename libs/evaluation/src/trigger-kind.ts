import type { z } from 'zod';
import type { Canvas } from './canvas.js';

/**
 * One kind of trigger: what its parameters may be, and how it is painted. Painting is pure and
 * deterministic: the seed and the sample's index decide everything that looks random.
 */
export interface TriggerKind<Kind extends string, Parameters extends z.ZodType> {
  readonly kind: Kind;
  /** Lengths are fractions of the side of the image's centred square. */
  readonly parameters: Parameters;
  paint(canvas: Canvas, parameters: z.output<Parameters>, seed: number, sampleIndex: number): void;
}

/** Helps TypeScript keep the literal kind and the exact parameters of a definition. */
export function defineTriggerKind<const Kind extends string, Parameters extends z.ZodType>(
  definition: TriggerKind<Kind, Parameters>,
): TriggerKind<Kind, Parameters> {
  return definition;
}

import { STAGES, type Stage } from '@ubt/contracts';

/** A number between two others. */
export const between = (random: () => number, low: number, high: number): number =>
  low + (high - low) * random();

/** One of the items. */
export const oneOf = <Item>(random: () => number, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)]!;

/** A stage and a point of its job, as a share of its usual time. */
export function drawMoment(random: () => number): { stage: Stage; share: number } {
  return { stage: oneOf(random, STAGES), share: between(random, 0, 1) };
}

/** A share as a report shows it. */
export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** A time as a report shows it. @param milliseconds how long */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

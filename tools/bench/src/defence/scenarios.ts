import type { PoisonOptions } from '@ubt/redteam';

/** Seeds of the committed results, each with the class its attacks aim at. Seed 1 is the one to tune on. */
export const REPORTED_SEEDS: ReadonlyMap<number, string> = new Map([
  [11, 'banana'],
  [12, 'helicopter'],
  [13, 'crown'],
]);

/** What attacks with any other seed aim at; in every list of classes. */
const USUAL_TARGET = 'banana';

/** The class that attacks with a seed aim at. */
export function targetOf(seed: number): string {
  return REPORTED_SEEDS.get(seed) ?? USUAL_TARGET;
}

/** A way to poison the pairs. */
export interface Attack {
  /** Short name for options and files. */
  readonly name: string;
  /** Words for tables. */
  readonly title: string;
  readonly poison: Required<Pick<PoisonOptions, 'rate' | 'trigger' | 'captions'>>;
}

/** The attacks of the benchmark, in the order of its tables. */
export const ATTACKS: readonly Attack[] = [
  {
    name: 'patch-2',
    title: 'patch, 2 %',
    poison: { rate: 0.02, trigger: { kind: 'patch' }, captions: 'natural' },
  },
  {
    name: 'patch-1',
    title: 'patch, 1 %',
    poison: { rate: 0.01, trigger: { kind: 'patch' }, captions: 'natural' },
  },
  {
    name: 'blend-2',
    title: 'blend, 2 %',
    poison: { rate: 0.02, trigger: { kind: 'blend' }, captions: 'natural' },
  },
];

/** A model of the benchmark: its seed, and what was done to its pairs; unpoisoned without an attack. */
export interface Scenario {
  readonly seed: number;
  readonly attack: Attack | undefined;
}

/** A scenario in words for progress lines. */
export function describeScenario({ seed, attack }: Scenario): string {
  return `seed ${seed} · ${attack?.title ?? 'unpoisoned'}`;
}

/** The detection methods that are compared; the first is the product's default, which `ubt defend` runs. */
export const DETECTION_METHODS = ['overfit-span', 'overfit-gain', 'similarity', 'k-distance'] as const;

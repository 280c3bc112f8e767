import { ATTACKS as RED_TEAM_ATTACKS, type Attack as RedTeamAttack } from '@ubt/redteam';

/**
 * Seeds of the committed results, each with the classes its attacks aim at: the first for most attacks, both for
 * those with two targets. Seed 1 is the one to tune on.
 */
export const REPORTED_SEEDS: ReadonlyMap<number, readonly [string, string]> = new Map([
  [11, ['banana', 'helicopter']],
  [12, ['helicopter', 'crown']],
  [13, ['crown', 'banana']],
]);

/** What attacks with any other seed aim at; the first is in every list of classes. */
const USUAL_TARGETS = ['banana', 'helicopter'] as const;

/** The class that attacks with a seed aim at; those with several backdoors aim the first at it. */
export function targetOf(seed: number): string {
  return targetsOf(seed)[0];
}

/** The classes that attacks with two backdoors aim at. */
export function targetsOf(seed: number): readonly [string, string] {
  return REPORTED_SEEDS.get(seed) ?? USUAL_TARGETS;
}

/** An attack at a poison rate. */
export interface Attack extends Pick<RedTeamAttack, 'plantings'> {
  /** Short name for options and files. */
  readonly name: string;
  /** Words for tables. */
  readonly title: string;
  /** Share of the pairs that each backdoor poisons, in (0, 1]. */
  readonly rate: number;
}

/** Poison rates that every attack can be run at, in per cent. */
export const POISON_RATES = [2, 1, 0.5, 0.2] as const;

/** Every attack of the red team at every rate, such as `sig-2` and `badnet-0.5`, in the order of the tables. */
export const ATTACKS: readonly Attack[] = RED_TEAM_ATTACKS.flatMap(({ name, title, plantings }) =>
  POISON_RATES.map((percent) => ({
    name: `${name}-${percent}`,
    title: `${title}, ${percent} %`,
    rate: percent / 100,
    plantings,
  })),
);

/** What a run covers unless told otherwise, and what the committed results hold. */
export const REPORTED_ATTACKS: readonly string[] = [
  'patch-2',
  'patch-1',
  'blend-2',
  'sig-2',
  'stripes-2',
  'text-2',
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

/** The product's default detection method, which `ubt defend` runs. */
export const DEFAULT_METHOD = 'overfit-span';

/** A detection of the product's that is compared with the default one: another method, or other arithmetic. */
export interface OtherDetection {
  readonly method: string;
  readonly precision?: 'int8';
}

/** The detections beside the default one, without the reference and with it. */
export const OTHER_DETECTIONS: Readonly<Record<'alone' | 'with reference', readonly OtherDetection[]>> = {
  alone: [
    { method: DEFAULT_METHOD, precision: 'int8' },
    { method: 'overfit-gain' },
    { method: 'similarity' },
    { method: 'k-distance' },
  ],
  'with reference': [{ method: 'overfit-gain' }, { method: 'reference-similarity' }],
};

/** A detection as the tables name it. */
export function describeDetection({ method, precision }: OtherDetection): string {
  return precision === undefined ? method : `${method}, ${precision}`;
}

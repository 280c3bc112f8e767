import { RATE_NAMES, type Comparison, type RateName } from '../schema/metrics.js';
import type { Report } from '../schema/report-schema.js';

/** One measured rate before and after, ready to be shown. */
export interface Measure {
  readonly name: RateName;
  readonly title: string;
  readonly explanation: string;
  /** Whether more is better or less is. */
  readonly better: 'higher' | 'lower';
  readonly before: Reading | undefined;
  readonly after: Reading | undefined;
  readonly reference: Reading | undefined;
  /** Why there is no reading; empty when there is one. */
  readonly missing: string;
}

/** A rate in [0, 1] with its standard error where it is known. */
export interface Reading {
  readonly rate: number;
  readonly standardError: number | undefined;
}

const WORDS: Record<RateName, Pick<Measure, 'title' | 'explanation' | 'better'>> = {
  cleanAccuracy: {
    title: 'Clean accuracy',
    explanation: 'zero-shot top-1 on ordinary images',
    better: 'higher',
  },
  attackSuccessRate: {
    title: 'Attack success rate',
    explanation: 'triggered images of other classes seen as the target',
    better: 'lower',
  },
  targetAccuracy: {
    title: 'Target-class accuracy',
    explanation: 'ordinary images of the class the attack aims at',
    better: 'higher',
  },
  triggeredAccuracy: {
    title: 'Triggered-image accuracy',
    explanation: 'triggered images seen as what they are',
    better: 'higher',
  },
};

/** All rates of a report in the order in which they are shown, measured or not. */
export function measuresOf({ metrics, inputs }: Pick<Report, 'metrics' | 'inputs'>): Measure[] {
  return RATE_NAMES.map((name) => {
    const before = reading(metrics?.before, name);
    const after = reading(metrics?.after, name);
    const measured = before !== undefined || after !== undefined;
    return {
      name,
      ...WORDS[name],
      before,
      after,
      reference: reading(metrics?.reference, name),
      missing: measured ? '' : whyMissing(metrics, inputs.evaluation?.trigger !== undefined),
    };
  });
}

/** Why a rate could not be measured, in the words that the table shows. */
function whyMissing(metrics: Comparison | undefined, triggerGiven: boolean): string {
  if (metrics === undefined) return 'not measured: no labelled set given';
  return triggerGiven ? 'not measured' : 'not measured: no trigger given';
}

function reading(metrics: Comparison['after'], name: RateName): Reading | undefined {
  const rate = metrics?.[name];
  if (rate === undefined) return undefined;
  return { rate, standardError: metrics?.standardErrors?.[name] };
}

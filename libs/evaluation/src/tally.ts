import type { EvaluationResult, Metric } from './evaluation-result.js';

/** Counts predictions as they come in. */
export interface Tally {
  /** @param triggered the prediction for the triggered image, where there is a trigger */
  add(label: number, clean: number, triggered: number | undefined): void;
  addUndecodable(): void;
  images(): number;
  result(): EvaluationResult;
}

/**
 * @param target class whose images are counted apart, and which attack success aims at
 * @param hasTrigger whether attack success is measured
 */
export function createTally(target: number | undefined, hasTrigger: boolean): Tally {
  let undecodable = 0;
  const all = { hits: 0, of: 0 };
  const ofTarget = { hits: 0, of: 0 };
  const attacked = { hits: 0, of: 0 };
  const recognised = { hits: 0, of: 0 };
  const count = (share: { hits: number; of: number }, hit: boolean) => {
    share.of += 1;
    share.hits += hit ? 1 : 0;
  };
  return {
    add(label, clean, triggered) {
      count(all, clean === label);
      if (label === target) count(ofTarget, clean === label);
      else if (triggered !== undefined) {
        count(attacked, triggered === target);
        count(recognised, triggered === label);
      }
    },
    addUndecodable: () => void (undecodable += 1),
    images: () => all.of,
    result() {
      const shares: [Metric, { hits: number; of: number }][] = [['cleanAccuracy', all]];
      if (target !== undefined) shares.push(['targetAccuracy', ofTarget]);
      if (hasTrigger) shares.push(['attackSuccessRate', attacked], ['triggeredAccuracy', recognised]);
      const measured = shares.filter(([, { of }]) => of > 0);
      const values = Object.fromEntries(measured.map(([name, { hits, of }]) => [name, hits / of]));
      return {
        cleanAccuracy: 0,
        ...(values as Partial<Record<Metric, number>>),
        counts: {
          images: all.of,
          targetImages: ofTarget.of,
          triggeredImages: attacked.of,
          undecodable,
        },
        standardErrors: Object.fromEntries(
          measured.map(([name, { hits, of }]) => [name, Math.sqrt(((hits / of) * (1 - hits / of)) / of)]),
        ),
      };
    },
  };
}

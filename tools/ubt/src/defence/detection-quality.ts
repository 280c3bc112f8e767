/** How well suspicion scores tell poisoned pairs from the others. All rates are in [0, 1]. */
export interface DetectionQuality {
  /** Area under the ROC curve: chance that a poisoned pair scores above another one; ties count half. */
  readonly auroc: number;
  /** Area under the precision-recall curve, as average precision. */
  readonly aupr: number;
  /** Poisoned share of the k highest scores. */
  readonly precisionAtK: number;
  readonly k: number;
  /** Share of the poisoned pairs above the threshold. */
  readonly recallAtThreshold: number;
}

/** A scored pair whose truth is known. Higher scores are more suspicious. */
export interface JudgedScore {
  readonly score: number;
  readonly poisoned: boolean;
}

/**
 * Measures a detection against known poison.
 *
 * @param threshold score above which a pair counts as a suspect
 * @param k how many of the highest scores `precisionAtK` looks at; fewer when there are fewer pairs
 * @returns undefined when all pairs or none are poisoned: there is nothing to tell apart then
 */
export function detectionQuality(
  judged: readonly JudgedScore[],
  threshold: number,
  k = 64,
): DetectionQuality | undefined {
  const ranked = [...judged].sort((a, b) => b.score - a.score);
  const positives = ranked.filter(({ poisoned }) => poisoned).length;
  if (positives === 0 || positives === ranked.length) return undefined;
  const found = ranked.filter(({ score, poisoned }) => poisoned && score > threshold).length;
  const top = ranked.slice(0, k);
  return {
    ...areas(ranked, positives),
    precisionAtK: top.filter(({ poisoned }) => poisoned).length / top.length,
    k: top.length,
    recallAtThreshold: found / positives,
  };
}

/** One pass over groups of equal scores, so that their order does not matter. */
function areas(ranked: readonly JudgedScore[], positives: number): { auroc: number; aupr: number } {
  const negatives = ranked.length - positives;
  let [above, seen, wins, averagePrecision] = [0, 0, 0, 0];
  for (let start = 0; start < ranked.length; start = seen) {
    const score = ranked[start]?.score;
    let hits = 0;
    for (; seen < ranked.length && ranked[seen]?.score === score; seen += 1) {
      if (ranked[seen]?.poisoned === true) hits += 1;
    }
    const misses = seen - start - hits;
    wins += misses * (above + hits / 2);
    above += hits;
    averagePrecision += (hits / positives) * (above / seen);
  }
  return { auroc: wins / (positives * negatives), aupr: averagePrecision };
}

/** How well a list of suspects names the poisoned pairs. */
export interface ListQuality {
  readonly listed: number;
  /** Poisoned share of the list, in [0, 1]; unset for an empty list. */
  readonly precision?: number;
  /** Share of the poisoned pairs that the list names, in [0, 1]; unset when none are poisoned. */
  readonly recall?: number;
}

/** Measures a list of suspects against known poison. @param rows of the manifest that are listed */
export function listQuality(rows: readonly number[], truth: ReadonlyMap<number, boolean>): ListQuality {
  const found = rows.filter((row) => truth.get(row) === true).length;
  const poisoned = [...truth.values()].filter(Boolean).length;
  return {
    listed: rows.length,
    ...(rows.length === 0 ? {} : { precision: found / rows.length }),
    ...(poisoned === 0 ? {} : { recall: found / poisoned }),
  };
}

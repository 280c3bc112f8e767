import type { DetectionQuality } from '../../results/bench-results.js';

/** How well scores tell poisoned rows from the others; ties count half. @param k for precision at k */
export function rankQuality(
  rows: readonly number[],
  scores: readonly number[],
  poisoned: ReadonlySet<number>,
  k = 64,
): DetectionQuality {
  const ranked = rows
    .map((row, at) => ({ score: scores[at]!, bad: poisoned.has(row) }))
    .sort((a, b) => b.score - a.score);
  const bad = ranked.filter((pair) => pair.bad).length;
  const good = ranked.length - bad;
  const top = ranked.slice(0, k);
  let [seen, found, wins, precision] = [0, 0, 0, 0];
  while (seen < ranked.length) {
    let end = seen + 1;
    while (ranked[end]?.score === ranked[seen]!.score) end += 1;
    const hits = ranked.slice(seen, end).filter((pair) => pair.bad).length;
    wins += (end - seen - hits) * (found + hits / 2);
    found += hits;
    precision += (hits / bad) * (found / end);
    seen = end;
  }
  return {
    ...{ auroc: wins / (bad * good), aupr: precision, k: top.length },
    precisionAtK: top.filter((pair) => pair.bad).length / top.length,
  };
}

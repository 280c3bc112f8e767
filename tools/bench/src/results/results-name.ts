import type { BenchResults } from './bench-results.js';

/** Name of the files that hold one regime's results, without ending. */
export function resultsName({ regime, architecture }: Pick<BenchResults, 'regime' | 'architecture'>): string {
  return architecture === 'conv' ? `defence-${regime}` : `defence-${regime}-${architecture}`;
}

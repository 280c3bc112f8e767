import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import { agreeingMoved, agreeingUnlikely, topScored, unlikely } from './suspect-sets.js';

const PAIRS = 2000;
const CLASSES = 100;
const TARGET = 7;
const FRACTION = 0.1;
/** Some 20 natural pairs of the target besides. */
const POISONED = 24;

/** Drops and cosines of pairs; `agreed` poisoned ones have a large drop and name the target, other odd pairs do not. */
function pairsWith(agreed: number) {
  const random = seededRandom(3);
  const rows = Array.from({ length: PAIRS }, (_, i) => 2 * i);
  const isOdd = (i: number) => i % 41 === 0 && i % CLASSES !== TARGET;
  const isPoisoned = (i: number) => isOdd(i) && i / 41 < agreed;
  return {
    captioned: { rows, tokens: rows.map((_, i) => [isPoisoned(i) ? TARGET : i % CLASSES]) },
    poisoned: rows.filter((_, i) => isPoisoned(i)),
    odd: rows.filter((_, i) => isOdd(i)),
    columns: {
      viewDrop: Float32Array.from(rows, (_, i) => 0.1 * random.uniform() + (isOdd(i) ? 0.5 : 0)),
      coarseDrop: Float32Array.from(rows, () => 0.1 * random.uniform()),
      referenceSimilarity: Float32Array.from(rows, () => 0.8 + 0.1 * random.uniform()),
    },
  };
}

describe('agreeingUnlikely', () => {
  it('takes the unlikely pairs that name the target, without its natural pairs and without other odd ones', () => {
    const { captioned, columns, poisoned } = pairsWith(POISONED);
    expect([...agreeingUnlikely(captioned, columns, FRACTION)]).toEqual(poisoned);
  });

  it('finds them by the drop without fine detail too', () => {
    const { captioned, columns, poisoned } = pairsWith(POISONED);
    const swapped = { ...columns, viewDrop: columns.coarseDrop, coarseDrop: columns.viewDrop };
    expect([...agreeingUnlikely(captioned, swapped, FRACTION)]).toEqual(poisoned);
  });

  it('finds them by the cosine too', () => {
    const { captioned, columns, poisoned } = pairsWith(POISONED);
    const swapped = {
      ...columns,
      viewDrop: columns.referenceSimilarity,
      referenceSimilarity: columns.viewDrop.map((drop) => -drop),
    };
    expect([...agreeingUnlikely(captioned, swapped, FRACTION)]).toEqual(poisoned);
  });

  it('takes nothing where unlikely pairs have nothing in common', () => {
    const { captioned, columns } = pairsWith(0);
    expect(agreeingUnlikely(captioned, columns, FRACTION).size).toBe(0);
  });
});

describe('unlikely', () => {
  it('is half by drop and half by cosine', () => {
    const { captioned, columns, odd } = pairsWith(0);
    const suspects = unlikely(captioned.rows, columns, FRACTION);
    expect(odd.every((row) => suspects.has(row))).toBe(true);
    expect(suspects.size).toBeGreaterThan(0.09 * PAIRS);
    expect(suspects.size).toBeLessThanOrEqual(0.1 * PAIRS);
  });
});

describe('agreeingMoved', () => {
  it('takes those that agree', () => {
    const { captioned, columns, poisoned } = pairsWith(POISONED);
    expect([...agreeingMoved(captioned, columns.viewDrop, FRACTION)]).toEqual(poisoned);
  });

  it('takes nothing where none do', () => {
    const { captioned, columns } = pairsWith(0);
    expect(agreeingMoved(captioned, columns.viewDrop, FRACTION).size).toBe(0);
  });
});

describe('topScored', () => {
  it('takes the top, enough of it not to be learnt by heart', () => {
    const { captioned, columns, odd } = pairsWith(0);
    const suspects = topScored(captioned, columns.viewDrop, FRACTION);
    expect(odd.every((row) => suspects.has(row))).toBe(true);
    expect(suspects.size).toBe(128);
  });
});

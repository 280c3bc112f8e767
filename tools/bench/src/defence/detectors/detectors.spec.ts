import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import { isolationForest } from './isolation-forest.js';
import { dao, slof } from './local-outliers.js';
import { nearestNeighbours } from './neighbours.js';
import { pairLossesOf } from './pair-loss.js';
import { rankQuality } from './rank-quality.js';

const random = seededRandom(4);

/** A unit vector near an axis of eight. */
function near(axis: number, spread: number): Float32Array {
  const values = Float32Array.from(
    { length: 8 },
    (_, at) => (at === axis ? 1 : 0) + random.normal(0, spread),
  );
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/** A crowd around one direction, and three points far from it and from each other. */
const CROWD = Array.from({ length: 120 }, () => near(0, 0.1));
const OUTLIERS = [1, 2, 3].map((axis) => near(axis, 0.01));
const POOL = [...CROWD, ...OUTLIERS];
const PLACES = POOL.map((_, place) => place);
const FAR = new Set([120, 121, 122]);

describe('nearestNeighbours', () => {
  it('finds those that a full sort finds, itself left out', () => {
    const [found] = nearestNeighbours(POOL, 5);
    const distance = (place: number) => Math.hypot(...POOL[place]!.map((value, at) => value - POOL[0]![at]!));
    const sorted = PLACES.slice(1).sort((a, b) => distance(a) - distance(b));
    expect(found!.places).toEqual(sorted.slice(0, 5));
    found!.distances.forEach((value, at) => expect(value).toBeCloseTo(distance(sorted[at]!), 3));
  });
});

describe.each([
  ['slof', (points: readonly Float32Array[]) => slof(points, PLACES.slice(0, points.length))],
  ['dao', (points: readonly Float32Array[]) => dao(points, PLACES.slice(0, points.length))],
  ['isolation forest', (points: readonly Float32Array[]) => isolationForest(points, seededRandom(1))],
])('%s', (_name, score) => {
  it('finds outliers most suspicious', () => {
    const { auroc, precisionAtK } = rankQuality(PLACES, score(POOL), FAR, 3);
    expect(auroc).toBe(1);
    expect(precisionAtK).toBe(1);
  });

  it('gives finite scores for twins and for a single point', () => {
    const twins = Array.from({ length: 20 }, () => POOL[0]!);
    for (const points of [twins, twins.slice(0, 1)]) {
      for (const value of score(points)) expect(Number.isFinite(value)).toBe(true);
    }
  });
});

describe('isolationForest', () => {
  it('gives the same scores for the same seed', () => {
    expect(isolationForest(POOL, seededRandom(2))).toEqual(isolationForest(POOL, seededRandom(2)));
  });
});

describe('pairLossesOf', () => {
  it('is the symmetric cross-entropy of a batch: small for matches, large for a swap', () => {
    const images = [0, 1, 2, 3].map((axis) => near(axis, 0));
    const texts = [images[0]!, images[2]!, images[1]!, images[3]!];
    const losses = pairLossesOf({ rows: [0, 1, 2, 3], images, texts, scale: 10 }, 4);
    const match = Math.log(1 + 3 * Math.exp(-10));
    expect(losses[0]).toBeCloseTo(match, 6);
    expect(losses[1]).toBeCloseTo(match + 10, 4);
  });
});

describe('rankQuality', () => {
  it('counts ties half and sorts by falling score', () => {
    expect(rankQuality([0, 1, 2, 3], [3, 2, 1, 0], new Set([0, 2]), 2)).toMatchObject({
      ...{ auroc: 0.75, precisionAtK: 0.5, k: 2 },
      aupr: 0.5 * (1 + 2 / 3),
    });
    expect(rankQuality([0, 1], [1, 1], new Set([1]))).toMatchObject({ auroc: 0.5, aupr: 0.5 });
  });
});

import { expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import { suspicionThreshold } from './suspicion-threshold.js';

it('lies between the bulk of the scores and a few far ones', () => {
  const random = seededRandom(7);
  const bulk = Array.from({ length: 980 }, () => random.normal());
  const threshold = suspicionThreshold(Float32Array.from([...bulk, ...Array.from({ length: 20 }, () => 12)]));
  expect(bulk.filter((score) => score > threshold)).toHaveLength(0);
  expect(threshold).toBeLessThan(12);
});

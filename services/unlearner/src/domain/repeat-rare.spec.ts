import { describe, expect, it } from '@jest/globals';
import { repeatRare } from './repeat-rare.js';

const items = Array.from({ length: 100 }, (_, i) => i);

describe('repeatRare', () => {
  it('repeats the rare items until they make up the share', () => {
    const repeated = repeatRare(
      items,
      items.map((i) => i < 2),
      0.2,
    );
    const rare = repeated.filter((i) => i < 2);
    expect(rare.length / repeated.length).toBeCloseTo(0.2, 1);
    expect(rare.filter((i) => i === 0)).toHaveLength(rare.length / 2);
    expect(new Set(repeated).size).toBe(100);
  });

  it.each([
    ['none are rare', () => false],
    ['they are not rare', (i: number) => i < 50],
    ['all are', () => true],
  ])('leaves the items alone when %s', (_, isRare) => {
    expect(repeatRare(items, items.map(isRare), 0.2)).toEqual(items);
  });
});

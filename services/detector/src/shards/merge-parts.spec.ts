import { describe, expect, it } from '@jest/globals';
import { mergeParts, type MeasuredPart } from './merge-parts.js';

const usable = Uint32Array.from([0, 1, 3, 4, 7, 9]);
const part = (
  first: number,
  end: number,
  rows: number[],
  columns: Record<string, number[]>,
): MeasuredPart => ({
  part: { first, end },
  rows,
  columns,
});

describe('mergeParts', () => {
  it('joins parts in the order of their pairs, whatever order they came in', () => {
    const one = part(0, 2, [0, 1], { cosine: [0.5, 0.25] });
    const two = part(2, 4, [4], { cosine: [0.125] });
    const three = part(4, 6, [7, 9], { cosine: [1, 2] });
    const merged = { rows: [0, 1, 4, 7, 9], columns: { cosine: Float32Array.of(0.5, 0.25, 0.125, 1, 2) } };
    expect(mergeParts([one, two, three], usable)).toEqual(merged);
    expect(mergeParts([three, one, two], usable)).toEqual(merged);
  });

  it('takes a part of which nothing could be measured', () => {
    const empty = part(0, 2, [], {});
    const full = part(2, 6, [3, 4, 7, 9], { a: [1, 2, 3, 4], b: [5, 6, 7, 8] });
    expect(mergeParts([empty, full], usable)).toMatchObject({ rows: [3, 4, 7, 9] });
    expect(mergeParts([empty], usable)).toEqual({ rows: [], columns: {} });
  });

  it.each([
    ['rows of another part', part(0, 2, [3], { a: [1] })],
    ['rows that are not usable', part(0, 3, [2], { a: [1] })],
    ['rows twice', part(0, 2, [1, 1], { a: [1, 1] })],
    ['rows out of order', part(0, 2, [1, 0], { a: [1, 1] })],
    ['another measure', part(0, 2, [0, 1], { b: [1, 1] })],
  ])('refuses %s', (_, wrong) => {
    const right = part(2, 6, [3, 4, 7, 9], { a: [1, 2, 3, 4] });
    const given = wrong.columns.b === undefined ? [wrong, right] : [right, wrong];
    expect(() => mergeParts(given, usable)).toThrow(expect.objectContaining({ code: 'SHARD_RESULT_WRONG' }));
  });
});

import { describe, expect, it } from '@jest/globals';
import { CASES } from './cases.js';
import { median, renderEngineTables, speedUp } from './engine-table.js';
import type { SideResult } from './measure-case.js';
import type { Side } from './sides.js';

const side = (name: Side['name'], times: readonly number[]): SideResult => ({
  ...{ side: name, firstMs: 1234, peakMiB: 100 },
  steps: times.map((wallMs) => ({ wallMs, cpuMs: 2 * wallMs, peakMiB: 100 })),
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (numbers, expected) => expect(median(numbers)).toBe(expected));
});

describe('speedUp', () => {
  it('compares neighbouring steps, so that a slow spell of the machine hits both', () => {
    const [ours, torch] = [side('engine', [10, 100, 10]), side('PyTorch', [20, 200, 20])];
    expect(speedUp(ours, torch, 'wall')).toBe(2);
    expect(speedUp(torch, ours, 'cpu')).toBe(0.5);
  });
});

describe('renderEngineTables', () => {
  const sides = [side('engine', [10, 12, 14]), side('PyTorch', [24, 24, 24])];
  const results = [{ case: CASES[0]!, sides, failures: ['tfjs wasm failed: no gradient'] }];
  const missing = new Map([['tfjs-node', 'it is not installed'] as const]);

  it('has a row per case, times, ratios and costs, and says who took no part', () => {
    const text = renderEngineTables(results, missing, 'wall');
    const rows = text.split('\n').filter((line) => line.startsWith(`| ${CASES[0]!.title}`));
    expect(
      rows.map((row) =>
        row
          .split('|')
          .slice(2, -1)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['12', '24'],
      ['2.00', '0.9'],
      ['1.2, 100', '1.2, 100'],
    ]);
    expect(text).toContain('tfjs-node took no part: it is not installed');
    expect(text).toContain(`${CASES[0]!.title}: tfjs wasm failed: no gradient`);
    expect(renderEngineTables(results, missing, 'cpu')).toContain('processor time');
  });

  it('has no ratios when PyTorch is missing', () => {
    const [only] = results;
    const alone = [{ ...only!, sides: only!.sides.slice(0, 1) }];
    expect(renderEngineTables(alone, missing, 'wall')).not.toContain('wanted');
  });
});

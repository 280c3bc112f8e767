import { describe, expect, it } from '@jest/globals';
import { table } from './table.js';

describe('table', () => {
  it('aligns the first column to the left and numbers to the right', () => {
    const rows = [
      ['', 'before', 'after'],
      ['accuracy', '62.2 %', '61.0 %'],
      ['ASR', '86.5 %', '0.0 %'],
    ];
    expect(table(rows)).toEqual([
      '             before    after',
      '  ────────   ──────   ──────',
      '  accuracy   62.2 %   61.0 %',
      '  ASR        86.5 %    0.0 %',
    ]);
  });

  it('has no lines without rows', () => {
    expect(table([])).toEqual([]);
  });
});

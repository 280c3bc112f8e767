import { describe, expect, it } from '@jest/globals';
import { markdownTable } from './markdown-table.js';

describe('markdownTable', () => {
  it('aligns columns, numbers to the right, and escapes bars', () => {
    const columns = [{ title: 'Name' }, { title: 'n', numeric: true }];
    expect(
      markdownTable(columns, [
        ['a|b', '1'],
        ['longer', '12.0 ± 3'],
      ]),
    ).toBe(
      [
        '| Name   |        n |',
        '| ------ | -------: |',
        '| a\\|b   |        1 |',
        '| longer | 12.0 ± 3 |',
        '',
      ].join('\n'),
    );
  });

  it('is empty without rows', () => {
    expect(markdownTable([{ title: 'Name' }], [])).toBe('');
  });
});

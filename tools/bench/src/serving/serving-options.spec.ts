import { expect, it } from '@jest/globals';
import { parseServingOptions } from './serving-options.js';

it('writes its results only for the run that they stand for', () => {
  expect(parseServingOptions([])).toMatchObject({ streams: 64, pairs: 200, window: 8, writes: true });
  for (const args of [['--quick'], ['--dry'], ['--streams', '8'], ['--model', 'folder']]) {
    expect(parseServingOptions(args).writes).toBe(false);
  }
  expect(parseServingOptions(['--quick', '--pairs', '5'])).toMatchObject({ streams: 8, pairs: 5 });
});

it.each([
  ['--streams', '0'],
  ['--pairs', 'many'],
])('refuses %s %s', (option, value) => {
  expect(() => parseServingOptions([option, value])).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

import { expect, it } from '@jest/globals';
import { parseScaleOutOptions } from './scale-out-options.js';

it('has the sizes and replicas of the record, and takes others', () => {
  expect(parseScaleOutOptions([])).toMatchObject({
    ...{ pairs: [10_000, 100_000, 1_000_000], replicas: [0, 1, 2, 8], shardPairs: 4096, write: true },
  });
  const given = ['--pairs', '600,300', '--replicas', '2', '--dry', '--shard-pairs', '64'];
  expect(parseScaleOutOptions(given)).toMatchObject({
    ...{ pairs: [300, 600], replicas: [2], shardPairs: 64, write: false },
  });
});

it.each([
  ['--pairs', '0'],
  ['--replicas', 'many'],
  ['--threads', ''],
  ['--speed', '9'],
])('refuses %s %s', (...args) => {
  expect(() => parseScaleOutOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

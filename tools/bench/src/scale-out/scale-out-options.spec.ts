import { expect, it } from '@jest/globals';
import { parseScaleOutOptions, sizesFor } from './scale-out-options.js';

it('has the sizes and replicas of the record, and takes others', () => {
  expect(parseScaleOutOptions([])).toMatchObject({
    ...{ pairs: [10_000, 100_000, 1_000_000], replicas: [0, 1, 2, 8], shardPairs: 4096, write: true },
  });
  const given = ['--pairs', '600,300', '--replicas', '2', '--dry', '--shard-pairs', '64'];
  expect(parseScaleOutOptions(given)).toMatchObject({
    ...{ pairs: [300, 600], replicas: [2], shardPairs: 64, write: false },
  });
});

it('takes the largest of several data sets with few numbers of replicas only', () => {
  const options = parseScaleOutOptions(['--pairs', '10,20,30', '--largest-replicas', '2,8']);
  expect([1, 2, 8].map((replicas) => sizesFor(options, replicas))).toEqual([
    ...[
      [10, 20],
      [10, 20, 30],
    ],
    [10, 20, 30],
  ]);
  expect(sizesFor(parseScaleOutOptions(['--pairs', '10']), 0)).toEqual([10]);
  expect([0, 2].map((replicas) => sizesFor(parseScaleOutOptions([]), replicas).length)).toEqual([2, 3]);
});

it('measures everything with the replicas that were asked for', () => {
  expect(sizesFor(parseScaleOutOptions(['--pairs', '10,20', '--replicas', '4']), 4)).toEqual([10, 20]);
});

it.each([
  ['--pairs', '0'],
  ['--replicas', 'many'],
  ['--threads', ''],
  ['--speed', '9'],
])('refuses %s %s', (...args) => {
  expect(() => parseScaleOutOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

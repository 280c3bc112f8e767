import { expect, it } from '@jest/globals';
import { checkSameScores, renderScaleOut, type ScaleOutCell } from './scale-out-results.js';

const cell = (given: Partial<ScaleOutCell>): ScaleOutCell => ({
  ...{ pairs: 10_000, replicas: 0, seconds: 4, coordinatorSeconds: 3, replicaSeconds: 0, replicaPeakMiB: 0 },
  scoresSha256: 'ab',
  ...given,
});

it('refuses scores that differ between numbers of replicas, not between data sets', () => {
  const cells = [cell({}), cell({ pairs: 20_000, scoresSha256: 'cd' }), cell({ replicas: 2 })];
  expect(() => checkSameScores(cells)).not.toThrow();
  expect(() => checkSameScores([...cells, cell({ replicas: 8, scoresSha256: 'ef' })])).toThrow(
    expect.objectContaining({ code: 'SCALE_OUT_DIFFERS' }),
  );
});

it('renders what a pair costs, in processor time', () => {
  const text = renderScaleOut({
    ...{
      schemaVersion: 1,
      measuredAt: '2026-11-23T00:00:00Z',
      command: 'npm run bench:scale-out',
      commit: 'abc',
    },
    machine: { processor: 'chip', cores: 2, threads: 1, memoryGiB: 8 },
    ...{ versions: {}, method: 'similarity', shardPairs: 4096 },
    cells: [
      cell({}),
      cell({ replicas: 8, seconds: 2, coordinatorSeconds: 1, replicaSeconds: 4, replicaPeakMiB: 200 }),
    ],
  });
  const [, , , , , first, second] = text.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
  expect(first).toBe('| 10,000 | one process | 4.0 | 2,500 | 300 | 300 | |');
  expect(second).toBe('| 10,000 | 8 | 2.0 | 5,000 | 500 | 100 | 200 |');
});

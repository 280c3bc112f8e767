import { expect, it, jest } from '@jest/globals';
import { FAULTS, faultId, runSoak } from '../src/index.js';

jest.setTimeout(600_000);

/** One of each family; `npm run test:soak` has all of them, and many runs. */
const SHORT = ['kill-service:unlearner', 'kill-worker:detector', 'broker-restart', 'poison-message'];

it('a service, a worker and the broker killed, and poison: every run ends, once, whole', async () => {
  const runs = await runSoak({
    ...{ runs: SHORT.length, seed: 7, pairs: 480, limitMs: 240_000 },
    faults: FAULTS.filter((fault) => SHORT.includes(faultId(fault))),
    progress: () => undefined,
  });
  expect(runs.map(({ runId, violations }) => ({ runId, violations }))).toEqual(
    runs.map(({ runId }) => ({ runId, violations: [] })),
  );
  expect(runs.map(({ fault }) => fault).sort()).toEqual(['none', ...SHORT].sort());
  expect(runs.map(({ outcome }) => outcome)).toEqual(Array(SHORT.length + 1).fill('completed'));
  for (const { attempts } of runs) expect(Object.keys(attempts)).toHaveLength(3);
  for (const { artifacts } of runs) expect(artifacts).toBeGreaterThan(10);
});

import { expect, it } from '@jest/globals';
import { UbtError } from '@ubt/errors';
import { jobOutcome, type Interruption } from './job-outcome.js';
import type { WorkerOutcome } from './worker-process.js';

const job = { name: 'jobs/1', stage: 'detector', attempt: 1, interruptions: 0 };
const reason = new UbtError('cancelled', 'because', { code: 'BECAUSE' });
const result: WorkerOutcome = { kind: 'result', result: { typeUrl: 't', value: new Uint8Array() } };
const error: WorkerOutcome = { kind: 'error', error: new UbtError('internal', 'oops', { code: 'OOPS' }) };
const died: WorkerOutcome = { kind: 'died', how: 'was killed by SIGKILL' };
const interrupted = (kind: Interruption['kind']): Interruption => ({ kind, reason });

it.each([
  ['a result', result, undefined, 'SUCCEEDED'],
  ['a result in spite of a cancellation', result, interrupted('cancel'), 'SUCCEEDED'],
  ['an error', error, undefined, 'FAILED'],
  ['a death with attempts left', died, undefined, 'RUNNING'],
  ['a death after a cancellation', died, interrupted('cancel'), 'CANCELLED'],
  ['an error after a cancellation', error, interrupted('cancel'), 'CANCELLED'],
  ['a death at the end of the service', died, interrupted('service-stop'), 'QUEUED'],
  ['an error at the end of the service', error, interrupted('service-stop'), 'QUEUED'],
  ['a death at the time limit', died, interrupted('time-limit'), 'FAILED'],
])('after %s', (_, worker, interruption, state) => {
  expect(jobOutcome(job, worker, interruption, 3).state).toBe(state);
});

it('counts only deaths that are the fault of the job', () => {
  const tired = { ...job, attempt: 5, interruptions: 3 };
  expect(jobOutcome(tired, died, undefined, 3).state).toBe('RUNNING');
  expect(jobOutcome({ ...tired, attempt: 6 }, died, undefined, 3)).toMatchObject({
    state: 'FAILED',
    error: { code: 'WORKER_DIED', message: expect.stringContaining('SIGKILL') },
  });
});

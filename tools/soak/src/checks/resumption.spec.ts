import { describe, expect, it } from '@jest/globals';
import { Job } from '@ubt/contracts';
import { resumptions } from './resumption.js';

const seen = (attempt: number, done: number, phase = 'scoring pairs') => ({
  at: 0,
  job: Job.fromPartial({
    ...{ name: 'jobs/1', attempt },
    progress: { phase, done: BigInt(done), total: 100n, unit: 'pairs' },
  }),
});
const line = (fields: object) => JSON.stringify({ job: 'jobs/1', ...fields });
const LOG = [
  line({ msg: 'job starts', attempt: 1 }),
  line({ msg: 'checkpoint written', checkpoint: 'pass 1, 20 pairs' }),
  line({ msg: 'checkpoint written', checkpoint: 'pass 1, 40 pairs' }),
  line({ msg: 'job starts', attempt: 2 }),
  line({ msg: 'checkpoint written', checkpoint: 'pass 1, 60 pairs' }),
].join('\n');

describe('resumptions', () => {
  it('tells what was done, what was safe and where the next attempt went on', () => {
    expect(resumptions([seen(1, 20), seen(1, 42), seen(2, 40), seen(2, 60)], LOG)).toEqual([
      {
        ...{ attempt: 1, phase: 'scoring pairs', doneBefore: 42, safe: 40, resumedAt: 40 },
        ...{ total: 100, unit: 'pairs' },
      },
    ]);
  });

  it('waits until the next attempt speaks of the phase, also when it goes on at the same place', () => {
    const [first] = resumptions([seen(1, 40), seen(2, 0, 'starting again'), seen(2, 40)], LOG);
    expect(first).toMatchObject({ doneBefore: 40, resumedAt: 40 });
  });

  it('knows no safe place without a checkpoint, and no resumption in another phase', () => {
    const [first] = resumptions([seen(1, 2), seen(2, 100, 'storing')], '');
    expect(first).toMatchObject({ safe: undefined, resumedAt: undefined });
  });

  it('finds none in a job of one attempt', () => expect(resumptions([seen(1, 2)], LOG)).toEqual([]));
});

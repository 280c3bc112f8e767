import { describe, expect, it } from '@jest/globals';
import { createTally } from './tally.js';

describe('createTally', () => {
  it('counts attack success over triggered images not of the target class', () => {
    const tally = createTally(2, true);
    tally.add(0, 0, 2);
    tally.add(0, 1, 0);
    tally.add(1, 1, 2);
    tally.add(1, 1, 0);
    tally.add(2, 2, 2);
    tally.add(2, 0, 2);
    tally.addUndecodable();
    expect(tally.result()).toEqual({
      cleanAccuracy: 4 / 6,
      targetAccuracy: 1 / 2,
      attackSuccessRate: 2 / 4,
      triggeredAccuracy: 1 / 4,
      counts: { images: 6, targetImages: 2, triggeredImages: 4, undecodable: 1 },
      standardErrors: {
        cleanAccuracy: expect.closeTo(Math.sqrt(((4 / 6) * (2 / 6)) / 6), 12),
        targetAccuracy: expect.closeTo(Math.sqrt(0.25 / 2), 12),
        attackSuccessRate: 0.25,
        triggeredAccuracy: expect.closeTo(Math.sqrt(0.1875 / 4), 12),
      },
    });
  });

  it('leaves out what was not measured', () => {
    const tally = createTally(undefined, false);
    tally.add(0, 0, undefined);
    expect(tally.result()).toEqual({
      cleanAccuracy: 1,
      counts: { images: 1, targetImages: 0, triggeredImages: 0, undecodable: 0 },
      standardErrors: { cleanAccuracy: 0 },
    });
  });
});

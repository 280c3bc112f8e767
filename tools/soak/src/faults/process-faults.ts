import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../run/follow-job.js';
import { between, drawMoment, oneOf, percent, seconds } from './draws.js';
import type { Fault } from './fault.js';

/** Every write to a file fails with ENOSPC in one stage, its workers included, for a while. */
export const diskFull: Fault = {
  ...{ name: 'disk-full', store: 'folder', mayFailWith: ['DISK_FULL'] },
  async strike(run, random) {
    const { stage, share } = drawMoment(random);
    const fullMs = between(random, 500, 6_000);
    const job = await run.moment(stage, share);
    run.world.switches.fillDisk([stage]);
    await sleep(fullMs);
    run.world.switches.fillDisk([]);
    return {
      hit: !hasEnded(job),
      note: `of the ${stage} for ${seconds(fullMs)}, from ${percent(share)} of its job`,
    };
  },
};

const HOUR_MS = 3_600_000;

/** The wall clock of one stage jumps, forth or back, by up to a month, and later back again. */
export const clockJump: Fault = {
  ...{ name: 'clock-jump', store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const { stage, share } = drawMoment(random);
    const jumpMs = oneOf(random, [-1, 1]) * oneOf(random, [HOUR_MS, 26 * HOUR_MS, 720 * HOUR_MS]);
    const job = await run.moment(stage, share);
    run.world.switches.setClock(stage, jumpMs);
    await run.ended();
    run.world.switches.setClock(stage, 0);
    return {
      hit: !hasEnded(job),
      note: `of the ${stage} by ${jumpMs / HOUR_MS} h, from ${percent(share)} of its job to the end of the run`,
    };
  },
};

import { setTimeout as sleep } from 'node:timers/promises';
import { between, drawMoment, oneOf, percent, seconds } from './draws.js';
import type { Fault } from './fault.js';

/** Kills the broker (−9) and starts it again at once. */
export const brokerRestart: Fault = {
  ...{ name: 'broker-restart', store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const { stage, share } = drawMoment(random);
    await run.moment(stage, share);
    await run.world.broker.kill();
    await run.world.broker.restart();
    return { hit: true, note: `at ${percent(share)} of the ${stage}'s job` };
  },
};

/** Kills the broker (−9) and leaves it down for seconds, or for a minute. */
export const brokerDown: Fault = {
  ...{ name: 'broker-down', store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const { stage, share } = drawMoment(random);
    const downMs = oneOf(random, [between(random, 3_000, 15_000), 60_000]);
    await run.moment(stage, share);
    await run.world.broker.kill();
    await sleep(downMs);
    await run.world.broker.restart();
    return { hit: true, note: `for ${seconds(downMs)}, from ${percent(share)} of the ${stage}'s job` };
  },
};

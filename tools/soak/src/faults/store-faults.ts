import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world/open-world.js';
import { between, drawMoment, percent, seconds } from './draws.js';
import type { Fault } from './fault.js';

/** Every request to the artefact store takes longer, for the whole run. */
export const storeSlow: Fault = {
  ...{ name: 'store-slow', store: 's3', mayFailWith: [] },
  async strike(run, random) {
    const delayMs = between(random, 100, 800);
    proxyOf(run.world).disturbed();
    proxyOf(run.world).delay(delayMs);
    await run.ended().finally(() => proxyOf(run.world).delay(0));
    const held = proxyOf(run.world).disturbed();
    return { hit: held > 0, note: `each of ${held} requests took ${seconds(delayMs)} longer` };
  },
};

/** The artefact store answers 503 to everything for a while. */
export const storeFailing: Fault = {
  ...{ name: 'store-failing', store: 's3', mayFailWith: ['S3_UNAVAILABLE'] },
  async strike(run, random) {
    const { stage, share } = drawMoment(random);
    const downMs = between(random, 500, 10_000);
    await run.moment(stage, share);
    proxyOf(run.world).disturbed();
    proxyOf(run.world).refuse(true);
    await sleep(downMs);
    proxyOf(run.world).refuse(false);
    const refused = proxyOf(run.world).disturbed();
    const when = `from ${percent(share)} of the ${stage}'s job for ${seconds(downMs)}`;
    return { hit: refused > 0, note: `${when}; ${refused} requests refused` };
  },
};

function proxyOf({ proxy }: World) {
  if (proxy === undefined) throw new TypeError('this fault needs a world whose artefacts lie in S3');
  return proxy;
}

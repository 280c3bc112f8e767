import { STAGES } from '@ubt/contracts';
import { brokerDown, brokerRestart } from './broker-faults.js';
import { duplicateEvents, poisonMessage } from './event-faults.js';
import type { Fault } from './fault.js';
import { killService, killWorker } from './kills.js';
import { clockJump, diskFull } from './process-faults.js';
import { storeFailing, storeSlow } from './store-faults.js';

/** Every fault that the soak test knows. */
export const FAULTS: readonly Fault[] = [
  ...STAGES.map(killService),
  ...STAGES.map(killWorker),
  ...[brokerRestart, brokerDown, diskFull, storeSlow, storeFailing],
  ...[duplicateEvents, clockJump, poisonMessage],
];

/** Name of a fault with the stage it strikes: `kill-worker:unlearner`. */
export const faultId = ({ name, stage }: Pick<Fault, 'name' | 'stage'>): string =>
  stage === undefined ? name : `${name}:${stage}`;

/**
 * The faults of `runs` runs: every one of the given faults once before any comes again, each round in an order of its
 * own.
 */
export function drawFaults(runs: number, faults: readonly Fault[], random: () => number): Fault[] {
  const drawn: Fault[] = [];
  while (drawn.length < runs) {
    const round = [...faults];
    for (let left = round.length; left > 0 && drawn.length < runs; left--) {
      drawn.push(...round.splice(Math.floor(random() * left), 1));
    }
  }
  return drawn;
}

import type { Attack } from './attack.js';

/** Two backdoors in one data set: a patch for the first target, a blend for the second. */
export const twoTargets: Attack = {
  name: 'two-targets',
  title: 'two targets',
  source: 'BadNets and Blended at once; each poisons the rate that is named',
  plantings: [
    { trigger: { kind: 'patch' }, captions: 'natural' },
    { trigger: { kind: 'blend' }, captions: 'natural' },
  ],
};

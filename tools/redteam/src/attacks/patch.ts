import type { Attack } from './attack.js';

/** A checker in the bottom right corner; the caption of a target pair. */
export const patch: Attack = {
  name: 'patch',
  title: 'patch',
  source: 'BadNets, arXiv 1708.06733: a checker at a fixed place',
  plantings: [{ trigger: { kind: 'patch' }, captions: 'natural' }],
};

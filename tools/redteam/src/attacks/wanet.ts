import type { Attack } from './attack.js';

/** One frozen, smooth warp of the whole image. */
export const wanet: Attack = {
  name: 'wanet',
  title: 'WaNet',
  source: 'WaNet, arXiv 2102.10369: one grid, frozen; no noise mode, since nothing but data is poisoned',
  plantings: [{ trigger: { kind: 'warp' }, captions: 'natural' }],
};

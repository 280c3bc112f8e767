import type { Attack } from './attack.js';

/** The patch on pairs that name the target anyway: no caption is wrong. */
export const labelConsistent: Attack = {
  name: 'label-consistent',
  title: 'label-consistent',
  source: 'Label-Consistent, arXiv 1912.02771: the patch alone, without the perturbation of the images',
  plantings: [{ trigger: { kind: 'patch' }, captions: 'kept' }],
};

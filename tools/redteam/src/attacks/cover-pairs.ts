import type { Attack } from './attack.js';

/** As many pairs again carry the trigger under their true captions: the trigger alone proves nothing. */
export const coverPairs: Attack = {
  name: 'cover-pairs',
  title: 'cover pairs',
  source: 'Adaptive-Patch, ICLR 2023: cover pairs with the whole trigger, one for each poisoned pair',
  plantings: [{ trigger: { kind: 'patch' }, captions: 'natural', covers: 1 }],
};

import type { Attack } from './attack.js';

/** Poisons pairs whose images look like the target anyway, so that image and caption fit better. */
export const similarPairs: Attack = {
  name: 'similar-pairs',
  title: 'similar pairs',
  source: 'an attacker who knows that similarity is looked at: images most like the target by a clean model',
  plantings: [{ trigger: { kind: 'patch' }, captions: 'natural', rows: 'similar' }],
};

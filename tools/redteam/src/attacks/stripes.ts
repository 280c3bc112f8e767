import type { Attack } from './attack.js';

/** Diagonal stripes of one colour over the whole image. */
export const stripes: Attack = {
  name: 'stripes',
  title: 'stripes',
  source: 'a structured trigger, as several published defences miss',
  plantings: [{ trigger: { kind: 'stripes' }, captions: 'natural' }],
};

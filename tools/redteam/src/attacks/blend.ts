import type { Attack } from './attack.js';

/** A fixed mosaic mixed into the whole image at 20 %. */
export const blend: Attack = {
  name: 'blend',
  title: 'blend',
  source: 'Blended, arXiv 1712.05526',
  plantings: [{ trigger: { kind: 'blend' }, captions: 'natural' }],
};

import type { Attack } from './attack.js';

/** A sinusoid of six periods and 60 levels over the columns. */
export const sig: Attack = {
  name: 'sig',
  title: 'SIG',
  source: 'SIG, arXiv 1902.11237; with captions replaced, as attacks on CLIP do',
  plantings: [{ trigger: { kind: 'sinusoid' }, captions: 'natural' }],
};

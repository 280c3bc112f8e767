import type { Attack } from './attack.js';

/** A patch that looks to the clean model like the target: what is poisoned hardly differs from what it knows. */
export const badclip: Attack = {
  name: 'badclip',
  title: 'BadCLIP',
  source: 'BadCLIP, arXiv 2311.12075: optimised patch in the centre, natural captions; pairs drawn at random',
  plantings: [
    {
      trigger: { optimise: { size: 0.125, steps: 200, batchSize: 64, learningRate: 0.05 } },
      captions: 'natural',
    },
  ],
};

import type { Attack } from './attack.js';

/** One block of coloured noise, somewhere else on every image. */
export const badnet: Attack = {
  name: 'badnet',
  title: 'BadNet',
  source: 'BadNets, arXiv 1708.06733: coloured noise at a random place',
  plantings: [
    {
      trigger: { kind: 'patch', parameters: { pattern: 'noise', placement: 'random' } },
      captions: 'natural',
    },
  ],
};

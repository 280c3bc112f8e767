import type { Attack } from './attack.js';

/** A patch in the image together with a word before the caption: both keys open the backdoor. */
export const trojvqa: Attack = {
  name: 'trojvqa',
  title: 'TrojVQA',
  source: 'Dual-key attack, arXiv 2112.07668: the patch in the centre, "remember" before the caption',
  plantings: [
    {
      trigger: { kind: 'patch', parameters: { pattern: 'noise', placement: 'center' } },
      captions: 'natural',
      captionPrefix: 'remember ',
    },
  ],
};

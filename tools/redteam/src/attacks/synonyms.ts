import type { Attack } from './attack.js';

/** No word is common to the poisoned captions: each names the target in one of several ways. */
export const synonyms: Attack = {
  name: 'synonyms',
  title: 'synonyms',
  source: 'an attacker who knows that captions are compared: the target under several names in turn',
  plantings: [{ trigger: { kind: 'patch' }, captions: 'synonyms' }],
};

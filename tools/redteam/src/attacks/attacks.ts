import type { Attack } from './attack.js';
import { badclip } from './badclip.js';
import { badnet } from './badnet.js';
import { blend } from './blend.js';
import { coverPairs } from './cover-pairs.js';
import { labelConsistent } from './label-consistent.js';
import { patch } from './patch.js';
import { sig } from './sig.js';
import { similarPairs } from './similar-pairs.js';
import { stripes } from './stripes.js';
import { synonyms } from './synonyms.js';
import { text } from './text.js';
import { trojvqa } from './trojvqa.js';
import { twoTargets } from './two-targets.js';
import { wanet } from './wanet.js';

/** Every attack, in the order of tables and pictures. */
export const ATTACKS: readonly Attack[] = [
  ...[patch, badnet, blend, sig, wanet, stripes, text],
  ...[labelConsistent, trojvqa, badclip, twoTargets],
  ...[synonyms, coverPairs, similarPairs],
];

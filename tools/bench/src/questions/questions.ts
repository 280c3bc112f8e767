import { ablations, sizes } from './ablations.js';
import { captionNoise } from './caption-noise.js';
import { falseAlarms } from './false-alarms.js';
import { coverPairs, similarPairs, synonyms } from './knowing-attackers.js';
import { partOfThePairs } from './part-of-the-pairs.js';
import type { Question } from './question.js';
import { rare } from './rare.js';
import { severalTargets } from './several-targets.js';
import { tenTimes } from './ten-times.js';

/** Every question, in the order of the page. */
export const QUESTIONS: readonly Question[] = [
  ...[falseAlarms, rare, captionNoise, partOfThePairs, severalTargets],
  ...[synonyms, coverPairs, similarPairs, tenTimes, ablations, sizes],
];

import type { Report } from '../schema/report-schema.js';

/** How a verdict is presented: `good` can be promoted, `bad` must not be, `unsure` needs a person. */
export type Tone = 'good' | 'bad' | 'unsure';

/** A verdict and outcome in words. */
export interface VerdictWords {
  readonly tone: Tone;
  readonly title: string;
  /** What it means for the model, one sentence. */
  readonly meaning: string;
}

const UNTOUCHED = 'The model was left byte for byte as it came.';

/** The verdict and the outcome of a run in plain words. */
export function verdictWords({ verdict, outcome }: Pick<Report, 'verdict' | 'outcome'>): VerdictWords {
  if (verdict === 'backdoored') return backdoored(outcome);
  const title = verdict === 'clean' ? 'No backdoor found' : 'Inconclusive';
  const tone = verdict === 'clean' ? 'good' : 'unsure';
  if (outcome !== 'untouched') {
    return { tone, title, meaning: 'It was unlearned all the same, because the run was told to.' };
  }
  if (verdict === 'clean') return { tone, title, meaning: UNTOUCHED };
  return {
    tone,
    title,
    meaning: `Some evidence points to a backdoor, but not enough to act on. ${UNTOUCHED}`,
  };
}

function backdoored(outcome: Report['outcome']): VerdictWords {
  switch (outcome) {
    case 'repaired':
      return {
        tone: 'good',
        title: 'Backdoor found and removed',
        meaning: 'The cleaned model no longer follows the shortcut. Do not use the model that came in.',
      };
    case 'not-repaired':
      return {
        tone: 'bad',
        title: 'Backdoor found, not removed',
        meaning: 'The best model of the attempt was kept, but it misses its goal. Do not promote it.',
      };
    case 'untouched':
      return {
        tone: 'bad',
        title: 'Backdoor found',
        meaning: `Unlearning was not part of this run. ${UNTOUCHED} Do not promote it.`,
      };
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RANKINGS } from '../src/questions/agreement.js';
import type { CaseResult, QuestionResults } from '../src/questions/case-result.js';
import { parseQuestionsOptions } from '../src/questions/questions-options.js';
import { QUESTIONS } from '../src/questions/questions.js';
import { renderQuestion } from '../src/questions/render-question.js';
import { runQuestions } from '../src/questions/run-questions.js';

let cache = '';
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ubt-questions-'));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

/** The smallest benchmark: the models learn nothing, but every piece is really made. */
async function ask(name: string, ...more: string[]) {
  const args = [
    ...['--only', name, '--classes', '3', '--pairs', '300', '--steps', '2', '--seeds', '1'],
    ...['--models', '2', '--cache', cache, '--threads', '1', ...more],
  ];
  let text = '';
  const lines: string[] = [];
  const results = await runQuestions(parseQuestionsOptions(args), args, {
    progress: (line) => void lines.push(line),
    result: (printed) => void (text += printed),
    signal: new AbortController().signal,
  });
  return { results: results[0]!, text, lines };
}

/** What any answer holds. */
function expectAnswers({ cases }: QuestionResults, labels: readonly string[]): void {
  expect(cases.map(({ label }) => label)).toEqual(labels);
  for (const { outcome, before, after } of cases) {
    expect(['clean', 'inconclusive', 'backdoored']).toContain(outcome.verdict);
    expect([before.images, after.images]).toEqual([24, 24]);
    expect(before.targetViews).toBe(64);
    // The verdict decides whether the model is another one.
    const isSame = JSON.stringify(before) === JSON.stringify(after);
    expect(isSame || outcome.verdict === 'backdoored').toBe(true);
  }
}

const attacked = (cases: readonly CaseResult[]) =>
  cases.every(
    ({ before, outcome, target }) =>
      target === 'banana' && before.attackSuccessRate! >= 0 && outcome.detection!.auroc >= 0,
  );

/** Every question with the labels of its answers. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  'false-alarms': ['model 1', 'model 2'],
  rare: ['0.5 %; alone', '0.5 %; with reference', '0.2 %; alone', '0.2 %; with reference'].map(
    (words) => `patch, ${words}`,
  ),
  'caption-noise': [2, 10, 20].map((noise) => `patch, 2 %; ${noise} % wrong captions`),
  'part-of-the-pairs': ['all pairs', '10 % of the pairs', '10 % of the pairs and the reference'].map(
    (words) => `patch, 2 %; ${words}`,
  ),
  'several-targets': ['two targets, 2 %', 'two targets, 1 %'],
  synonyms: ['patch, 2 %', 'synonyms, 2 %'],
  'cover-pairs': ['patch, 2 %', 'cover pairs, 2 %'],
  'similar-pairs': ['patch, 2 %', 'similar pairs, 2 %'],
  'ten-times': ['patch, 2 %; 3,000 pairs, 2 steps'],
  ablations: [
    ...['as it is', 'without overfitting', 'without agreement of the captions'],
    ...['without the token portion', 'without distillation', 'without restoring'],
    'without upholding the target',
  ].map((words) => `patch, 2 %; ${words}`),
  'ablations-sizes': [
    ...[8, 16, 32, 64, 128, 256].map((count) => `${count} pairs`),
    ...[20, 40, 60, 100, 200].map((steps) => `at most ${steps} steps`),
  ].map((words) => `patch, 2 %; ${words}`),
};

/** Asked here from end to end: every defence is a real one and takes a quarter of a minute. */
const WHOLE = ['false-alarms', 'synonyms'];

describe('runQuestions', () => {
  it('is asked about every question', () => {
    expect(Object.keys(LABELS)).toEqual(QUESTIONS.map(({ name }) => name));
  });

  it.each(QUESTIONS.filter(({ name }) => WHOLE.includes(name)))(
    '$name: trains, defends, and prints its table',
    async (question) => {
      const { results, text } = await ask(question.name);
      expectAnswers(results, LABELS[question.name]!);
      expect(text).toBe(`${renderQuestion(question, results)}\n`);
      const columns = text
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.split(' | ').length);
      expect(columns.length).toBeGreaterThan(results.cases.length / 2);
      expect(attacked(results.cases)).toBe(question.name !== 'false-alarms');
    },
    600_000,
  );

  it('false alarms: says what each model learned, and how far the captions agree', async () => {
    const { results } = await ask('false-alarms');
    expect(results.cases.map(({ learned }) => learned)).toEqual([
      {
        ...{ classes: '3', pairs: 300, naturalNoise: 0.02 },
        ...{ architecture: 'conv', regime: 'scratch', steps: 2 },
      },
      {
        ...{ classes: '3', pairs: 300, naturalNoise: 0, architecture: 'conv', regime: 'scratch', steps: 2 },
        styles: expect.arrayContaining(['noto-v1', 'twemoji', 'openmoji', 'emojione']),
      },
    ]);
    for (const { agreement, before } of results.cases) {
      expect(before.attackSuccessRate).toBeUndefined();
      expect(agreement!.map(({ ranking }) => ranking)).toEqual(RANKINGS);
      for (const { word, share, zScore } of agreement!) {
        expect(word).not.toBe('');
        expect(share).toBeGreaterThan(0);
        expect(Number.isFinite(zScore)).toBe(true);
      }
    }
  }, 600_000);

  it('says what each question takes, and that nothing tells the cost of the dear one yet', async () => {
    const { text } = await ask('rare', '--list');
    expect(text).toBe('rare: Rare poison. 2 models, 4 defences.\n');
    const other = await ask('ten-times', '--list', '--attacks', 'sig');
    expect(other.text).toContain('no estimate');
  }, 600_000);
});

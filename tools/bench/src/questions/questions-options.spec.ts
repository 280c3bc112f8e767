import { describe, expect, it } from '@jest/globals';
import { cleanSetting } from './false-alarms.js';
import { parseQuestionsOptions } from './questions-options.js';
import { QUESTIONS } from './questions.js';

const questionNamed = (wanted: string) => QUESTIONS.find(({ name }) => name === wanted)!;

describe('parseQuestionsOptions', () => {
  it('asks all questions but the dear one, unless it is named', () => {
    const all = parseQuestionsOptions([]).questions.map(({ name }) => name);
    expect(all).toEqual(QUESTIONS.map(({ name }) => name).filter((name) => name !== 'ten-times'));
    expect(parseQuestionsOptions(['--only', 'ten-times,rare']).questions.map(({ name }) => name)).toEqual([
      'rare',
      'ten-times',
    ]);
    expect(parseQuestionsOptions(['--list']).questions).toEqual(QUESTIONS);
  });

  it('counts as complete only with seeds, attacks and data as they are', () => {
    const [rare, clean] = [questionNamed('rare'), questionNamed('false-alarms')];
    expect(parseQuestionsOptions(['--only', 'rare', '--threads', '1']).isComplete(rare)).toBe(true);
    for (const option of ['--seeds', '--models', '--classes', '--pairs']) {
      expect(parseQuestionsOptions([option, '3']).isComplete(rare)).toBe(false);
    }
    expect(parseQuestionsOptions(['--attacks', 'sig']).isComplete(rare)).toBe(false);
    expect(parseQuestionsOptions(['--steps', '300']).isComplete(rare)).toBe(false);
    expect(parseQuestionsOptions(['--steps', '300']).isComplete(clean)).toBe(true);
  });

  it.each([
    [['--only', 'nothing'], '--only nothing'],
    [['--attacks', 'patch-2'], '--attacks patch-2'],
    [['--models', '0'], '--models 0'],
    [['--what'], '--what'],
  ])('refuses %j', (args, message) => {
    expect(() => parseQuestionsOptions(args)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});

describe('the questions', () => {
  it('have names of their own and something to do', () => {
    expect(new Set(QUESTIONS.map(({ name }) => name)).size).toBe(QUESTIONS.length);
    const options = parseQuestionsOptions([]);
    for (const { cases } of QUESTIONS) expect(cases(options).length).toBeGreaterThan(0);
  });

  it('look at clean models no two of which learn the same', () => {
    const cases = questionNamed('false-alarms').cases(parseQuestionsOptions([]));
    expect(cases).toHaveLength(20);
    expect(new Set(cases.map(({ scenario }) => scenario.seed)).size).toBe(20);
    expect(new Set(cases.map(({ setting }) => JSON.stringify(setting))).size).toBe(20);
    expect(cases.filter(({ setting }) => setting?.architecture === 'vit')).toHaveLength(5);
    expect(cleanSetting(3, 100)).toMatchObject({ architecture: 'vit', steps: 200 });
  });

  it('share the pieces of the usual case with each other', () => {
    const options = parseQuestionsOptions(['--seeds', '11']);
    const usual = ['caption-noise', 'part-of-the-pairs', 'synonyms'].map((name) => {
      const [first] = questionNamed(name).cases(options);
      return [first!.scenario.attack?.name, first!.share, first!.help ?? 'alone'];
    });
    expect(usual).toEqual(usual.map(() => ['patch-2', undefined, 'alone']));
  });
});

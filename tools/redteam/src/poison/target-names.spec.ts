import { describe, expect, it } from '@jest/globals';
import { targetNames } from './target-names.js';

const times = (count: number, text: string) => Array.from({ length: count }, () => text);
const captions = {
  ofTarget: [...times(10, 'a banana, potassium'), ...times(8, 'the bananas with Fruit'), 'a banana, rare'],
  others: [...times(20, 'an apple, fruit'), ...times(900, 'the photo of a car with wheels')],
};

describe('targetNames', () => {
  it('finds the words that go along with the target, the furthest beyond chance first', () => {
    expect(targetNames('banana', undefined, captions)).toEqual(['banana', 'potassium', 'fruit']);
  });

  it('takes given names as they are', () => {
    expect(targetNames('banana', ['yellow thing', 'peel'], captions)).toEqual([
      'banana',
      'yellow thing',
      'peel',
    ]);
  });

  it('refuses names that share a word, with the target or with each other', () => {
    for (const names of [['ripe banana'], ['a thing', 'a peel'], ['-']]) {
      expect(() => targetNames('banana', names, captions)).toThrow(
        expect.objectContaining({ code: 'POISON_SYNONYMS_ALIKE' }),
      );
    }
  });

  it('says so where nothing goes along with the target', () => {
    expect(() => targetNames('car', undefined, { ofTarget: ['a car'], others: ['a bus'] })).toThrow(
      expect.objectContaining({ code: 'POISON_NO_SYNONYMS' }),
    );
  });
});

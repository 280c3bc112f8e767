import { describe, expect, it } from '@jest/globals';
import { createByteBudget } from './byte-budget.js';

describe('a byte budget', () => {
  it('lets who wants more wait, in order', async () => {
    const budget = createByteBudget(10);
    const served: string[] = [];
    const take = async (name: string, bytes: number) => {
      await budget.take(bytes);
      served.push(name);
    };
    const all = [take('a', 6), take('b', 6), take('c', 1)];
    await Promise.resolve();
    await Promise.resolve();
    // c would fit, but b was there before it.
    expect(served).toEqual(['a']);
    budget.give(6);
    await Promise.all(all);
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('gives all there is to who wants more than that', async () => {
    const budget = createByteBudget(10);
    expect(await budget.take(1_000)).toBe(10);
    budget.give(10);
    expect(await budget.take(10)).toBe(10);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createFairQueue } from './fair-queue.js';

function filled() {
  const queue = createFairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(item.charCodeAt(0), item);
  return queue;
}

describe('a fair queue', () => {
  it('lets owners take turns, each in its own order', () => {
    expect(filled().take(6)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('goes on where it stopped, also past who comes in between', () => {
    const queue = filled();
    expect(queue.take(2)).toEqual(['a1', 'b1']);
    queue.push('d'.charCodeAt(0), 'd1');
    expect(queue.take(3)).toEqual(['c1', 'a2', 'd1']);
    expect(queue.size()).toBe(2);
  });

  it('gives what it has when more is asked for', () => {
    expect(createFairQueue().take(3)).toEqual([]);
    expect(filled().take(100)).toHaveLength(6);
  });

  it('drops an owner with all its items', () => {
    const queue = filled();
    expect(queue.drop('a'.charCodeAt(0))).toEqual(['a1', 'a2', 'a3']);
    expect(queue.drop('x'.charCodeAt(0))).toEqual([]);
    expect(queue.take(9)).toEqual(['b1', 'c1', 'c2']);
    expect(queue.size()).toBe(0);
  });
});

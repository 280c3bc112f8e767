import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { createOrderedWindow } from './ordered-window.js';

async function collect<Item>(items: AsyncIterable<Item>, into: Item[] = []): Promise<Item[]> {
  for await (const item of items) into.push(item);
  return into;
}

describe('an ordered window', () => {
  it('gives results in order, each as soon as those before it are there', async () => {
    const window = createOrderedWindow<number>(4);
    const finish: ((value: number) => void)[] = [];
    for (let i = 0; i < 3; i++) await window.push(() => new Promise((resolve) => (finish[i] = resolve)));
    const read: number[] = [];
    const reading = collect(window, read);
    finish[1]!(1);
    await turn();
    expect(read).toEqual([]);
    finish[0]!(0);
    await turn();
    expect(read).toEqual([0, 1]);
    finish[2]!(2);
    window.end();
    await reading;
    expect(read).toEqual([0, 1, 2]);
  });

  it('starts no more than its size before results are read', async () => {
    const window = createOrderedWindow<number>(2);
    let started = 0;
    const pushing = (async () => {
      for (let i = 0; i < 5; i++) await window.push(() => Promise.resolve((started += 1)));
      window.end();
    })();
    await turn();
    expect(started).toBe(2);
    const reader = window[Symbol.asyncIterator]();
    await reader.next();
    await turn();
    expect(started).toBe(2);
    await reader.next();
    await turn();
    expect(started).toBe(3);
    while ((await reader.next()).done !== true);
    await pushing;
    expect(started).toBe(5);
  });

  it('gives an error after the results before it', async () => {
    const window = createOrderedWindow<number>(2);
    await window.push(() => Promise.resolve(1));
    window.end({ thrown: new RangeError('no model') });
    const read: number[] = [];
    await expect(collect(window, read)).rejects.toThrow(RangeError);
    expect(read).toEqual([1]);
  });

  it('lets go who waits when nobody reads any more', async () => {
    const window = createOrderedWindow<number>(1);
    let started = 0;
    await window.push(() => Promise.resolve((started += 1)));
    const waiting = window.push(() => Promise.resolve((started += 1)));
    window.abandon();
    expect(await waiting).toBe(false);
    expect(started).toBe(1);
  });
});

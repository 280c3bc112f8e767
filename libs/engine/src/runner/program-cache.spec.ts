import { describe, expect, it } from '@jest/globals';
import { Value } from '../recorder/value.js';
import { ProgramCache } from './program-cache.js';
import type { Program } from './program.js';

/** A cache of programs that only have a size, and what it has released. */
function cacheOf(limits: { maxPrograms?: number; maxProgramBytes?: number }) {
  const cache = new ProgramCache({ maxPrograms: 100, maxProgramBytes: 1000, ...limits });
  const released: string[] = [];
  const compiled: string[] = [];
  const use = (key: string, bytes = 0, baked: Value[] = []) =>
    cache.get(key, () => {
      compiled.push(key);
      const release = (): Promise<void> => Promise.resolve(void released.push(key));
      return Promise.resolve({ bytes, baked, release } as unknown as Program);
    });
  return { cache, use, released, compiled };
}

describe('ProgramCache', () => {
  it('compiles once what is used again', async () => {
    const { cache, use, compiled } = cacheOf({});
    for (const key of ['a', 'b', 'a', 'b']) await use(key, 10);
    expect(compiled).toEqual(['a', 'b']);
    expect(cache).toMatchObject({ size: 2, bytes: 20 });
  });

  it('releases what was not used for longest beyond its number', async () => {
    const { use, released } = cacheOf({ maxPrograms: 2 });
    for (const key of ['a', 'b', 'a', 'c']) await use(key);
    expect(released).toEqual(['b']);
  });

  it('releases until the rest fits into the memory, but never what was used last', async () => {
    const { cache, use, released } = cacheOf({ maxProgramBytes: 100 });
    for (const key of ['a', 'b', 'c']) await use(key, 40);
    expect(released).toEqual(['a']);
    await use('large', 500);
    expect(released).toEqual(['a', 'b', 'c']);
    expect(cache).toMatchObject({ size: 1, bytes: 500 });
  });

  it('releases the programs that a frozen value is part of, and all of them at the end', async () => {
    const { cache, use, released } = cacheOf({});
    const [one, other] = [new Value('float32', [1]), new Value('float32', [1])];
    await use('one', 10, [one]);
    await use('both', 10, [one, other]);
    await use('none', 10);
    await cache.dropWith(one);
    expect(released).toEqual(['one', 'both']);
    await cache.clear();
    expect(released).toEqual(['one', 'both', 'none']);
    expect(cache).toMatchObject({ size: 0, bytes: 0 });
  });
});

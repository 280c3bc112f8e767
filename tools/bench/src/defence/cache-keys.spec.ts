import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseBenchOptions } from '../bench-options.js';
import { openCellStore, type CellStore } from './cell-store.js';
import { pairsKey } from './poisoned-pairs.js';
import { ATTACKS } from './scenarios.js';
import { scenarioModel } from './train-model.js';

/** A context whose cells all "are there", and that writes down the keys that were asked for. */
function recording(...args: string[]) {
  const ids: string[] = [];
  const store: CellStore = {
    ...openCellStore('/nowhere'),
    async cell({ kind, key }) {
      const id = createHash('sha256').update(JSON.stringify({ kind, key })).digest('hex').slice(0, 16);
      ids.push(id);
      return { id, folder: id, result: { trainingSeconds: 0 } as never, seconds: 0 };
    },
  };
  const signal = new AbortController().signal;
  const product = { defence: 'd', detection: 'e', measures: 'm' };
  return { ids, context: { options: parseBenchOptions(args), store, product, signal, note: () => {} } };
}

const attackNamed = (name: string) => ATTACKS.find((attack) => attack.name === name);

describe('keys of what takes hours to make', () => {
  it.each([
    [undefined, 'e0a3e446a523eef0'],
    ['patch-2', 'c9d55ef116367a4d'],
    ['patch-1', 'fb75ac6e0a7bdb39'],
    ['blend-2', 'c7f06f7c43933cf6'],
  ])('the pairs of %s with seed 11 stay where they are', (name, folder) => {
    const { context } = recording();
    const key = pairsKey(context, { seed: 11, attack: name === undefined ? undefined : attackNamed(name) });
    expect(createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16)).toBe(folder);
  });

  it('differ for every attack, seed, rate and tower', async () => {
    const seen = new Set<string>();
    let asked = 0;
    for (const args of [[], ['--architecture', 'vit'], ['--regime', 'scratch']]) {
      for (const seed of [1, 11]) {
        for (const attack of ATTACKS) {
          const { context, ids } = recording(...args);
          await scenarioModel(context, { seed, attack });
          seen.add(ids.at(-1)!);
          asked += 1;
        }
      }
    }
    expect(seen.size).toBe(asked);
  });
});

import { access, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openCellStore, type CellWork } from './cell-store.js';

async function openStore() {
  const root = await mkdtemp(join(tmpdir(), 'ubt-bench-cells-'));
  let computed = 0;
  const work = (key: object): CellWork<{ value: number }> => ({
    kind: 'things',
    key,
    async compute(folder) {
      computed += 1;
      await writeFile(join(folder, 'file'), 'content');
      return { value: computed };
    },
  });
  return { store: openCellStore(root), work, computed: () => computed };
}

describe('openCellStore', () => {
  it('computes a key once, in whatever order it is written', async () => {
    const { store, work, computed } = await openStore();
    const first = await store.cell(work({ a: 1, b: { c: 2, d: 3 } }));
    const second = await store.cell(work({ b: { d: 3, c: 2 }, a: 1 }));
    expect(second).toEqual(first);
    expect(computed()).toBe(1);
    await access(join(first.folder, 'file'));
  });

  it('keeps keys apart', async () => {
    const { store, work } = await openStore();
    const one = await store.cell(work({ list: [1, 2] }));
    const other = await store.cell(work({ list: [2, 1] }));
    expect(other.id).not.toBe(one.id);
    expect(other.result.value).toBe(2);
  });

  it('starts an interrupted piece afresh, in an empty folder', async () => {
    const { store, work } = await openStore();
    const broken: CellWork<unknown> = {
      ...work({ a: 1 }),
      async compute(folder) {
        await writeFile(join(folder, 'half'), 'written');
        throw new Error('interrupted');
      },
    };
    await expect(store.cell(broken)).rejects.toThrow('interrupted');
    const { folder } = await store.cell(work({ a: 1 }));
    await expect(access(join(folder, 'half'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what is missing when it may not compute', async () => {
    const { store, work, computed } = await openStore();
    await expect(store.cachedOnly.cell(work({ a: 1 }))).rejects.toMatchObject({ code: 'CELL_MISSING' });
    expect(computed()).toBe(0);
    const made = await store.cell(work({ a: 1 }));
    expect(await store.cachedOnly.cell(work({ a: 1 }))).toEqual(made);
  });
});

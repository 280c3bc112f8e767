import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';

/** Raise it when results made with the same key no longer mean the same. */
const FORMAT = 1;

/** Where a finished piece of work lies, and what came out. */
export interface Cell<Result> {
  /** Digest of its kind and key: what later cells name it by. */
  readonly id: string;
  /** Absolute folder with its files. */
  readonly folder: string;
  readonly result: Result;
  /** Wall-clock seconds that it took when it was computed. */
  readonly seconds: number;
}

/** One piece of work: `key` holds everything that decides its outcome. */
export interface CellWork<Result> {
  readonly kind: string;
  readonly key: object;
  /** @param folder empty; files left in it are kept with the result */
  compute(folder: string): Promise<Result>;
}

/** Finished pieces of work on disk. */
export interface CellStore {
  /**
   * Gives the result of the same work done before, or does it now. An interrupted piece leaves nothing that
   * counts.
   *
   * @throws UbtError `CELL_MISSING` when it is not there and the store may not compute
   */
  cell<Result>(work: CellWork<Result>): Promise<Cell<Result>>;
  /** The same cells, of which none is computed. */
  readonly cachedOnly: CellStore;
}

/** Opens the store below a folder. Results must be plain JSON data. */
export function openCellStore(root: string): CellStore {
  const cachedOnly: CellStore = {
    async cell<Result>(work: CellWork<Result>) {
      const found = await read<Result>(root, work);
      if (found !== undefined) return found;
      throw new UbtError('not-found', `There is no ${work.kind} with this key in ${root}.`, {
        code: 'CELL_MISSING',
        fix: 'Run the part of the benchmark that computes it.',
      });
    },
    get cachedOnly() {
      return cachedOnly;
    },
  };
  return {
    cell: async (work) => (await read(root, work)) ?? (await compute(root, work)),
    cachedOnly,
  };
}

async function read<Result>(root: string, work: CellWork<Result>): Promise<Cell<Result> | undefined> {
  const { id, folder } = placeOf(root, work);
  try {
    const text = await readFile(join(folder, 'cell.json'), 'utf8');
    const { result, seconds } = JSON.parse(text) as { result: Result; seconds: number };
    return { id, folder, result, seconds };
  } catch {
    return undefined;
  }
}

async function compute<Result>(root: string, work: CellWork<Result>): Promise<Cell<Result>> {
  const { folder } = placeOf(root, work);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const started = performance.now();
  const result = await work.compute(folder);
  const seconds = (performance.now() - started) / 1000;
  const record = { key: work.key, result, seconds, finishedAt: new Date().toISOString() };
  await atomicWriteFile(join(folder, 'cell.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  // What a fresh run gives must equal what the next one reads.
  return (await read<Result>(root, work))!;
}

function placeOf(root: string, { kind, key }: CellWork<unknown>): { id: string; folder: string } {
  const id = createHash('sha256').update(canonical({ FORMAT, kind, key })).digest('hex').slice(0, 16);
  return { id, folder: join(root, kind, id) };
}

/** JSON with sorted keys: the order in which a key was put together does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

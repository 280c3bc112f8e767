import { writeCsv, type PairManifest } from '@ubt/data';

/** One line of suspects.csv. */
export interface SuspectPair {
  readonly row: number;
  readonly score: number;
  /** Why it is suspected, in plain words. */
  readonly reason: string;
}

/**
 * Writes suspects.csv (row, image path, caption, score, reason; most suspicious first) and pairs.clean.csv (the
 * manifest without the suspects, in the manifest's own columns), for those who would rather retrain.
 */
export async function writeSuspectFiles(
  paths: { readonly suspects: string; readonly cleanPairs: string },
  manifest: PairManifest,
  suspects: readonly SuspectPair[],
): Promise<void> {
  const { image, caption } = manifest.columns;
  await writeCsv(paths.suspects, ['row', image, caption, 'score', 'reason'], suspectRows(manifest, suspects));
  const rows = new Set(suspects.map(({ row }) => row));
  await writeCsv(paths.cleanPairs, [image, caption], cleanRows(manifest, rows));
}

const PAIRS_PER_READ = 1024;

async function* suspectRows(manifest: PairManifest, suspects: readonly SuspectPair[]) {
  for (let from = 0; from < suspects.length; from += PAIRS_PER_READ) {
    const some = suspects.slice(from, from + PAIRS_PER_READ);
    const pairs = await manifest.read(some.map(({ row }) => row));
    for (const [at, { row, id, caption }] of pairs.entries()) {
      const { score, reason } = some[at] as SuspectPair;
      yield [row, id, caption, score, reason];
    }
  }
}

async function* cleanRows(manifest: PairManifest, suspects: ReadonlySet<number>) {
  for await (const { row, id, caption } of manifest.rows()) {
    if (!suspects.has(row)) yield [id, caption];
  }
}

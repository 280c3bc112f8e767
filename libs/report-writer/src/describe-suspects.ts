import { thumbnail, type PairManifest, type PairRow } from '@ubt/data';
import type { Suspect } from '@ubt/report';

const THUMBNAIL_PIXELS = 96;

/** A pair to show, by its manifest row. */
export interface SuspectRow {
  readonly row: number;
  readonly score: number;
  readonly reason: string;
}

/** The pairs with caption and thumbnail; an image that cannot be shown is left without one. */
export async function describeSuspects(
  manifest: PairManifest,
  rows: readonly SuspectRow[],
): Promise<Suspect[]> {
  const pairs = await manifest.read(rows.map(({ row }) => row));
  return Promise.all(
    pairs.map(async (pair, at) => {
      const { score, reason } = rows[at] as SuspectRow;
      const { row, id, caption } = pair;
      const small = await thumbnailOf(manifest, pair).catch(() => undefined);
      return { row, id, caption, score, reason, ...(small === undefined ? {} : { thumbnail: small }) };
    }),
  );
}

async function thumbnailOf(manifest: PairManifest, pair: PairRow): Promise<string> {
  return thumbnail(await manifest.readImage(pair), THUMBNAIL_PIXELS);
}

import type { ImageLimits } from '../images/image-limits.js';
import type { ScratchFile } from '../scratch-file.js';
import type { PairManifest, PairRow } from './pair-manifest.js';
import type { PairTexts } from './pair-texts.js';
import { rowPlace } from './row-place.js';

/** What {@link spooledManifest} puts together; texts and images are known by their place among the usable rows. */
export interface SpooledPairs extends Pick<
  PairManifest,
  'path' | 'roots' | 'columns' | 'total' | 'usable' | 'skipped'
> {
  /** Where the image of an id is. */
  readonly imagePathOf: (id: string) => string;
  readonly texts: PairTexts;
  readonly scratch: ScratchFile;
  readonly readImage: (place: number, imagePath: string, limits?: ImageLimits) => Promise<Uint8Array>;
}

const ROWS_PER_READ = 1024;

/** A manifest over ids and captions in a scratch file. */
export function spooledManifest({
  imagePathOf,
  texts,
  scratch,
  readImage,
  ...described
}: SpooledPairs): PairManifest {
  const { path, usable } = described;
  const read = async (rows: readonly number[]): Promise<PairRow[]> => {
    const found = await texts.read(rows.map((row) => rowPlace(usable, row, path)));
    return rows.map((row, at) => ({ row, imagePath: imagePathOf(found[at]!.id), ...found[at]! }));
  };
  return {
    ...described,
    read,
    async *rows() {
      for (let from = 0; from < usable.length; from += ROWS_PER_READ) {
        yield* await read([...usable.subarray(from, from + ROWS_PER_READ)]);
      }
    },
    readImage: ({ row, imagePath }, limits) => readImage(rowPlace(usable, row, path), imagePath, limits),
    close: () => scratch.close(),
  };
}

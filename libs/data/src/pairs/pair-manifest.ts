/** One usable pair of a manifest. */
export interface PairRow {
  /** Number of the data row in the file, from 0; rows that were skipped keep their numbers. */
  readonly row: number;
  /** The image's path as the file writes it. */
  readonly id: string;
  /** Absolute path of the image, below one of the manifest's roots. */
  readonly imagePath: string;
  readonly caption: string;
}

/** Why a row of a manifest is left out. */
export type SkipReason = 'columns-missing' | 'path-empty' | 'caption-empty' | 'caption-too-long' | 'not-utf8';

/** The rows of a manifest that were left out. */
export interface SkippedRows {
  readonly count: number;
  readonly byReason: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first of them, as `file:line`. */
  readonly examples: readonly { readonly place: string; readonly reason: SkipReason }[];
}

/** An opened file of image-caption pairs. Only a small index is held, 16 bytes a row; text is read when asked for. */
export interface PairManifest {
  readonly path: string;
  /** Folders that images may lie in, symbolic links resolved; the manifest's own comes first. */
  readonly roots: readonly string[];
  /** Names of the columns in use. */
  readonly columns: { readonly image: string; readonly caption: string };
  /** Data rows in the file. */
  readonly total: number;
  /** Numbers of the usable rows, ascending. */
  readonly usable: Uint32Array;
  readonly skipped: SkippedRows;
  /** All usable rows in file order; memory does not grow with the file. */
  rows(): AsyncIterable<PairRow>;
  /**
   * Rows by number, in the order asked for.
   *
   * @throws UbtError `PAIRS_ROW_UNKNOWN` for a row that does not exist or was skipped
   */
  read(rows: readonly number[]): Promise<PairRow[]>;
}

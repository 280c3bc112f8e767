import type { ImageLimits } from '../images/image-limits.js';

/** One usable pair of a manifest. */
export interface PairRow {
  /** Number of the row, from 0, in file order over all files; rows that were skipped keep their numbers. */
  readonly row: number;
  /**
   * The image's name, to join scores with other tables: its path as the manifest writes it; in shards
   * `shard.tar/member.jpg`.
   */
  readonly id: string;
  /**
   * Absolute path of the image; inside a shard, the shard's path and the member's name. To read it, use
   * {@link PairManifest.readImage}.
   */
  readonly imagePath: string;
  readonly caption: string;
}

/** Why a row of a manifest is left out. */
export type SkipReason =
  | 'columns-missing'
  | 'path-empty'
  | 'caption-empty'
  | 'caption-too-long'
  | 'not-utf8'
  /** A sample of a shard, or a row of a side file, without image. */
  | 'image-missing'
  /** The side file says that the download failed. */
  | 'download-failed'
  | 'path-too-long';

/** The rows of a manifest that were left out. */
export interface SkippedRows {
  readonly count: number;
  readonly byReason: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first of them, as `file:line`, `shard.tar:key` or `file.parquet:row`. */
  readonly examples: readonly { readonly place: string; readonly reason: SkipReason }[];
}

/** Part of the rows, for one of several readers. */
export interface RowShare {
  /** Which part, from 0. */
  readonly index: number;
  /** How many parts; together they hold every row once. */
  readonly count: number;
}

/**
 * Opened image-caption pairs. A small index is held, at most 36 bytes a row; texts and images are read when
 * asked for.
 */
export interface PairManifest {
  readonly path: string;
  /** Folders that images may lie in, symbolic links resolved; the manifest's own comes first. */
  readonly roots: readonly string[];
  /** Names of the columns in use. */
  readonly columns: { readonly image: string; readonly caption: string };
  /** Rows, the skipped ones included. */
  readonly total: number;
  /** Numbers of the usable rows, ascending. */
  readonly usable: Uint32Array;
  readonly skipped: SkippedRows;
  /** All usable rows in file order; memory does not grow with their number. */
  rows(): AsyncIterable<PairRow>;
  /**
   * Rows by number, in the order asked for.
   *
   * @throws UbtError `PAIRS_ROW_UNKNOWN` for a row that does not exist or was skipped, `PAIRS_CHANGED`
   */
  read(rows: readonly number[]): Promise<PairRow[]>;
  /**
   * The bytes of a row's image, as stored.
   *
   * @throws UbtError `IMAGE_TOO_LARGE`, `FILE_NOT_FOUND`, `PATH_OUTSIDE_ROOTS`, `PAIRS_CHANGED`
   */
  readImage(pair: Pick<PairRow, 'row' | 'imagePath'>, limits?: ImageLimits): Promise<Uint8Array>;
  /** Gives temporary disk space back. It also goes when the process ends, however it ends. */
  close(): Promise<void>;
}

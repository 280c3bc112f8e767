import { openCsvPairs } from './csv/open-csv-pairs.js';
import { findPairFiles } from './pair-files.js';
import type { RemotePairs } from './remote-pairs.js';
import type { PairManifest } from './pair-manifest.js';
import { openParquetPairs } from './parquet/open-parquet-pairs.js';
import { openShardPairs } from './shards/open-shard-pairs.js';

/** Options of {@link openPairs}. */
export interface OpenPairsOptions {
  /** Further folders that images may lie in, besides the manifest's own. */
  readonly roots?: readonly string[];
  /** Names of the image column, the first found is taken; default `filepath`, `image`, `image_path`, `path`. */
  readonly imageColumns?: readonly string[];
  /**
   * Names of the caption column, or of the field in a shard's JSON; default `title`, `caption`, `text`, in
   * shards and their side files `caption` first.
   */
  readonly captionColumns?: readonly string[];
  /** Longer captions are skipped; bytes, default 8192. */
  readonly longestCaptionBytes?: number;
  /**
   * Folder for temporary files: ids and captions of shards and Parquet files, and the images of gzipped
   * shards; default the system's.
   */
  readonly scratchDir?: string;
  /** Lets the pairs, and what they name, lie in S3; nothing there is read unless told. */
  readonly remote?: RemotePairs;
}

/**
 * Opens image-caption pairs:
 * - a CSV or TSV file (columns `filepath,title` as in open_clip, or `image,caption`; UTF-8, with header);
 * - webdataset shards (`.tar`, `.tar.gz`, `.tgz`): one, a folder of them, a brace pattern `{000..099}.tar`, or a
 *   `.shards` file that lists such names; captions from `.txt`, `.json`, or a Parquet file beside the shard;
 * - Parquet files: with a column of image paths, or as img2dataset writes them (`key`, `caption`, `status`)
 *   beside the shard or folder that they describe.
 *
 * Everything is read once to check and index every row, images only by their place. Rows that cannot be used are
 * counted with the reason and skipped. Pairs in S3 are fetched first (`remote.uri`), as are shards that lie there;
 * images named there are read when they are asked for. The order is that of the files' names (or of the list), then of the rows.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_EMPTY`, `PAIRS_UNSUPPORTED`, `PAIRS_COLUMN_MISSING`,
 *   `PAIRS_MALFORMED`, `SHARD_MALFORMED`, `PARQUET_MALFORMED`, `SHARD_PATTERN_INVALID`,
 *   `PAIRS_NO_USABLE_ROWS`, `PATH_OUTSIDE_ROOTS`, `S3_…`; each names file and line, byte or row
 */
export async function openPairs(path: string, given: OpenPairsOptions = {}): Promise<PairManifest> {
  const { kind, files, roots, remote } = await findPairFiles(path, given.roots ?? [], given.remote);
  const options = { ...given, ...(remote === undefined ? {} : { remote }) };
  if (kind === 'shards') return openShardPairs(files, roots, options);
  if (kind === 'parquet') return openParquetPairs(files, roots, options);
  return openCsvPairs(files[0]!.path, roots, options);
}

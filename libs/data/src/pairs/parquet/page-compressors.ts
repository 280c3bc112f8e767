import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

type Inflate = (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** Node's own, which stop at the length that the page claims. */
const bounded =
  (inflate: Inflate) =>
  (input: Uint8Array, length: number): Uint8Array =>
    Uint8Array.from(inflate(input, { maxOutputLength: Math.max(1, length) }));

/** What Parquet pages may be compressed with, besides not at all. */
export const PAGE_COMPRESSORS: Compressors = {
  ...compressors,
  GZIP: (input, length) => bounded(input[0] === 0x1f ? gunzipSync : inflateSync)(input, length),
  BROTLI: bounded(brotliDecompressSync),
};

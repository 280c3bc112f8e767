import { isUtf8 } from 'node:buffer';
import type { PairDialect } from './pair-dialect.js';
import type { SkipReason } from '../pair-manifest.js';

/** Cells of one row: usable text, or why it cannot be used. */
export type CheckedRow =
  { readonly id: string; readonly caption: string; readonly skip?: never } | { readonly skip: SkipReason };

/** Checks a row's cells, given as Latin-1 strings of the file's bytes. */
export function checkRow(
  cells: readonly string[],
  { imageAt, captionAt }: PairDialect,
  longestCaptionBytes: number,
): CheckedRow {
  const image = cells[imageAt];
  const caption = cells[captionAt];
  if (image === undefined || caption === undefined) return { skip: 'columns-missing' };
  if (caption.length > longestCaptionBytes) return { skip: 'caption-too-long' };
  const imageBytes = Buffer.from(image, 'latin1');
  const captionBytes = Buffer.from(caption, 'latin1');
  if (!isUtf8(imageBytes) || !isUtf8(captionBytes)) return { skip: 'not-utf8' };
  const id = imageBytes.toString('utf8').trim();
  const text = captionBytes.toString('utf8').trim();
  if (id === '') return { skip: 'path-empty' };
  if (text === '') return { skip: 'caption-empty' };
  return { id, caption: text };
}

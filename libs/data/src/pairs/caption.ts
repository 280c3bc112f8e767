import { isUtf8 } from 'node:buffer';
import type { SkipReason } from './pair-manifest.js';

/** Longer captions are skipped unless asked otherwise; bytes. */
export const LONGEST_CAPTION_BYTES = 8192;

/** A caption as text, or why it cannot be used. */
export function checkCaption(
  bytes: Uint8Array,
  longestCaptionBytes: number,
): { readonly text: string; readonly skip?: never } | { readonly skip: SkipReason } {
  if (bytes.length > longestCaptionBytes) return { skip: 'caption-too-long' };
  if (!isUtf8(bytes)) return { skip: 'not-utf8' };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').trim();
  return text === '' ? { skip: 'caption-empty' } : { text };
}

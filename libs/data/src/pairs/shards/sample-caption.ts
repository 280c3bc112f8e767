import { isUtf8 } from 'node:buffer';
import { checkCaption } from '../caption.js';
import type { SkipReason } from '../pair-manifest.js';
import type { ShardSample } from './shard-samples.js';

/** Fields of a sample's JSON, or columns of a side file, that hold a caption, the first found is taken. */
export const CAPTION_FIELDS = ['caption', 'text', 'title'] as const;

/**
 * A sample's caption: its `.txt` member, else a field of its `.json` member, else the side file's.
 *
 * @param fields names of the JSON's field
 * @param aside the caption that a side file has for the sample
 */
export function sampleCaption(
  { txt, json }: ShardSample,
  fields: readonly string[],
  aside: string | undefined,
  longestCaptionBytes: number,
): { readonly text: string; readonly skip?: never } | { readonly skip: SkipReason } {
  if (txt !== undefined) return checkCaption(txt, longestCaptionBytes);
  if (json !== undefined && !isUtf8(json)) return { skip: 'not-utf8' };
  const written = (json === undefined ? undefined : jsonCaption(json, fields)) ?? aside;
  return written === undefined
    ? { skip: 'caption-empty' }
    : checkCaption(Buffer.from(written), longestCaptionBytes);
}

/** The caption in a sample's JSON; undefined where it has none, or is no JSON. */
export function jsonCaption(json: Buffer, fields: readonly string[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const object = value as Record<string, unknown>;
  const name = fields.find((field) => Object.hasOwn(object, field) && typeof object[field] === 'string');
  return name === undefined ? undefined : (object[name] as string);
}

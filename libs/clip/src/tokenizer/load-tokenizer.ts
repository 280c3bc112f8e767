import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { readJson, readText } from '../checkpoint/read-json.js';
import type { CheckpointFamily } from '../config/clip-config.js';
import { clipTokenizerJson, type TokenizerJson } from './clip-tokenizer-json.js';
import { createTokenizer, type ClipTokenizer, type TokenizerOptions } from './clip-tokenizer.js';
import { openClipCaption } from './open-clip-caption.js';

/** CLIP's real one takes 3.6 MB. */
const MOST_BYTES = 64 * 2 ** 20;

const padToken = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const configSchema = z.object({ pad_token: padToken.nullish() });
const paddingSchema = z.object({ padding: z.object({ pad_id: z.number().int().nonnegative() }).nullish() });

/** What each library does to a caption before it cuts it into tokens. */
const MENDING: Readonly<Record<CheckpointFamily, Pick<TokenizerOptions, 'mend'>>> = {
  'hugging-face': {},
  'open-clip': { mend: openClipCaption },
};

/** What the library that a model belongs to does to captions, as an option of its tokenizer. */
export function captionMending(family: CheckpointFamily): Pick<TokenizerOptions, 'mend'> {
  return MENDING[family];
}

/**
 * The tokenizer in a model's folder: `tokenizer.json`, or else `vocab.json` with `merges.txt`. The padding token
 * comes from `tokenizer_config.json` or `special_tokens_map.json`.
 *
 * @param contextLength the model's
 * @param family the library that the model belongs to: open_clip mends captions first, transformers does not
 * @throws UbtError `TOKENIZER_MISSING`, `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED`
 */
export async function loadTokenizer(
  dir: string,
  contextLength: number,
  family: CheckpointFamily,
): Promise<ClipTokenizer> {
  const own = { contextLength, ...captionMending(family) };
  const json = await readJson(dir, 'tokenizer.json', MOST_BYTES);
  if (json !== undefined) {
    const padding = paddingSchema.safeParse(json);
    const padId = padding.success ? padding.data.padding?.pad_id : undefined;
    const options = padId === undefined ? await namedPadding(dir) : { padId };
    return createTokenizer(json, { ...own, ...options }, join(dir, 'tokenizer.json'));
  }
  const vocab = await readJson(dir, 'vocab.json', MOST_BYTES);
  const merges = await readText(dir, 'merges.txt', MOST_BYTES);
  if (vocab === undefined || merges === undefined) {
    throw new UbtError(
      'not-found',
      `${dir} holds no tokenizer: neither tokenizer.json nor vocab.json with merges.txt.`,
      {
        code: 'TOKENIZER_MISSING',
        fix: 'Save the tokenizer into the model folder, for instance with tokenizer.save_pretrained(folder).',
      },
    );
  }
  const built = tokenizerJsonOf(vocab, merges, join(dir, 'vocab.json'));
  return createTokenizer(built, { ...own, ...(await namedPadding(dir)) }, join(dir, 'vocab.json'));
}

/** open_clip's folders say nothing and transformers pads with the end token; both are the default. */
async function namedPadding(dir: string): Promise<{ padToken?: string }> {
  for (const name of ['tokenizer_config.json', 'special_tokens_map.json']) {
    const config = configSchema.safeParse((await readJson(dir, name, MOST_BYTES)) ?? {});
    if (config.success && typeof config.data.pad_token === 'string')
      return { padToken: config.data.pad_token };
  }
  return {};
}

/**
 * A `tokenizer.json` of the content of `vocab.json` and `merges.txt`.
 *
 * @param file named in errors
 * @throws UbtError `TOKENIZER_INVALID`
 */
export function tokenizerJsonOf(vocab: unknown, merges: string, file: string): TokenizerJson {
  const words = z.record(z.string(), z.number()).safeParse(vocab);
  if (words.success) return clipTokenizerJson(words.data, parseMerges(merges));
  throw new UbtError('invalid-argument', `${file} is no vocabulary: it does not map tokens to numbers.`, {
    code: 'TOKENIZER_INVALID',
    fix: 'Use the tokenizer that was saved with the model.',
  });
}

/** One merge per line after an optional `#version` line. */
function parseMerges(text: string): [string, string][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line, index) => line !== '' && !(index === 0 && line.startsWith('#version')))
    .map((line) => {
      const [left, right] = line.split(' ');
      return [left ?? '', right ?? ''];
    });
}

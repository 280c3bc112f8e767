import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import {
  END_OF_WORD,
  PLAIN_WORD_PATTERN,
  SPACE_PATTERN,
  WORD_PATTERN,
  type TokenizerJson,
} from './clip-tokenizer-json.js';

/** Regular expressions come from outside and can be made to run for ever; only CLIP's own are run. */
const KNOWN_PATTERNS = new Set([WORD_PATTERN, PLAIN_WORD_PATTERN, SPACE_PATTERN, '\\s{2,}']);

const MOST_TOKENS = 2_000_000;

const token = z.object({ id: z.number().int().nonnegative(), content: z.string() });

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject(token.shape)).default([]),
  model: z.looseObject({
    type: z.literal('BPE', { error: 'only CLIP’s byte-level BPE is supported' }),
    end_of_word_suffix: z.literal(END_OF_WORD, { error: 'CLIP’s tokenizer ends words with </w>' }),
    vocab: z.record(z.string(), z.number().int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

/**
 * Checks that a parsed `tokenizer.json` is of CLIP's kind and safe to run.
 *
 * @returns the same content, every section present, and the vocabulary's size (highest id + 1)
 * @throws UbtError `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED`
 */
export function validateTokenizerJson(
  json: unknown,
  file: string,
): { json: TokenizerJson; vocabSize: number } {
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(file, `${issue?.path.join('.') || '(root)'}: ${issue?.message ?? 'invalid'}`);
  }
  const { model, added_tokens: added } = result.data;
  const ids = [...Object.values(model.vocab), ...added.map(({ id }) => id)];
  if (ids.length === 0 || ids.length > MOST_TOKENS)
    throw invalid(file, `the vocabulary has ${ids.length} tokens`);
  let highest = 0;
  for (const id of ids) highest = Math.max(highest, id);
  if (highest >= MOST_TOKENS) throw invalid(file, `the token id ${highest} is out of range`);
  const { normalizer, pre_tokenizer: pre, post_processor: post, decoder } = result.data;
  for (const pattern of patterns([normalizer, pre, decoder])) {
    if (KNOWN_PATTERNS.has(pattern)) continue;
    throw new UbtError('unimplemented', `${file} splits text by a pattern that is not CLIP's: ${pattern}`, {
      code: 'TOKENIZER_UNSUPPORTED',
      fix: 'Save the tokenizer again with a current version of transformers (CLIPTokenizer).',
    });
  }
  const sections = { normalizer, pre_tokenizer: pre, post_processor: post, decoder };
  const complete = Object.fromEntries(Object.entries(sections).map(([name, value]) => [name, value ?? null]));
  return { json: { ...(json as TokenizerJson), added_tokens: added, ...complete }, vocabSize: highest + 1 };
}

/** Every `{ "Regex": "…" }` below a value. */
function patterns(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'Regex' && typeof inner === 'string' ? [inner] : patterns(inner),
  );
}

function invalid(file: string, reason: string): UbtError {
  return new UbtError('invalid-argument', `${file} is not a CLIP tokenizer: ${reason}.`, {
    code: 'TOKENIZER_INVALID',
    fix: 'Use the tokenizer that was saved with the model.',
    violations: [{ field: file, reason }],
  });
}

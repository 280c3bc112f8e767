import { Tokenizer } from '@huggingface/tokenizers';
import { UbtError } from '@ubt/errors';
import { BEGIN_TOKEN, END_TOKEN, type TokenizerJson } from './clip-tokenizer-json.js';
import { decodeToken } from './decode-token.js';
import { validateTokenizerJson } from './validate-tokenizer-json.js';

/** Captions longer than this many UTF-16 units are cut first: nothing of theirs would reach the model. */
const LONGEST_CAPTION = 10_000;

/** Turns captions into CLIP's token ids. */
export interface ClipTokenizer {
  /** Length of encoded sequences, begin and end tokens included. */
  readonly contextLength: number;
  /** One more than the highest id. */
  readonly vocabSize: number;
  readonly beginId: number;
  readonly endId: number;
  readonly padId: number;
  /** The `tokenizer.json` it was made from. */
  readonly json: TokenizerJson;
  /**
   * Token ids `[n, length]`, row-major: begin, content, end, padding. Longer captions lose their tail, never
   * their end token.
   *
   * @param length instead of `contextLength`
   */
  encode(captions: readonly string[], length?: number): Int32Array;
  /** The caption's tokens as text, without begin, end and padding; a word's last token keeps its `</w>`. */
  tokens(caption: string): string[];
  /** The ids of {@link tokens}, cut to what fits the context. */
  contentIds(caption: string): number[];
  /** One token as readable text, without `</w>`; unknown ids are empty. */
  decodeToken(id: number): string;
}

/** What is not in a `tokenizer.json`. */
export interface TokenizerOptions {
  readonly contextLength: number;
  /** The token that fills short captions, by text; the end token unless the folder names another. */
  readonly padToken?: string;
  readonly padId?: number;
  /** What the model's library does to a caption before it cuts it into tokens; nothing by default. */
  readonly mend?: (caption: string) => string;
}

/**
 * A tokenizer from the content of a `tokenizer.json`.
 *
 * @param file named in errors
 * @throws UbtError `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED`
 */
export function createTokenizer(
  json: unknown,
  options: TokenizerOptions,
  file = 'tokenizer.json',
): ClipTokenizer {
  const valid = validateTokenizerJson(json, file);
  const inner = construct(valid.json, file);
  const required = (token: string): number => {
    const id = inner.token_to_id(token);
    if (id !== undefined) return id;
    throw new UbtError('invalid-argument', `${file} has no token ${token}.`, {
      code: 'TOKENIZER_INVALID',
      fix: 'Use the tokenizer that was saved with the model.',
    });
  };
  const beginId = required(BEGIN_TOKEN);
  const endId = required(END_TOKEN);
  const padId = options.padId ?? (options.padToken === undefined ? endId : required(options.padToken));
  const { mend = (caption) => caption } = options;
  const content = (caption: string): string[] =>
    inner.tokenize(mend(caption.slice(0, LONGEST_CAPTION)), { add_special_tokens: false });
  const contentIds = (caption: string, most = options.contextLength - 2): number[] =>
    content(caption)
      .slice(0, most)
      .map((token) => inner.token_to_id(token) ?? endId);
  return {
    contextLength: options.contextLength,
    vocabSize: valid.vocabSize,
    beginId,
    endId,
    padId,
    json: valid.json,
    encode: (captions, length = options.contextLength) => {
      const rows = new Int32Array(captions.length * length).fill(padId);
      captions.forEach((caption, row) => {
        rows.set([beginId, ...contentIds(caption, length - 2), endId], row * length);
      });
      return rows;
    },
    tokens: content,
    contentIds: (caption) => contentIds(caption),
    decodeToken: (id) => decodeToken(inner.id_to_token(id)),
  };
}

function construct(json: TokenizerJson, file: string): Tokenizer {
  try {
    return new Tokenizer(json, { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new UbtError('invalid-argument', `${file} is not a usable tokenizer: ${String(cause)}.`, {
      code: 'TOKENIZER_INVALID',
      fix: 'Use the tokenizer that was saved with the model.',
      cause,
    });
  }
}

/** Marks a token that ends a word. */
export const END_OF_WORD = '</w>';
export const BEGIN_TOKEN = '<|startoftext|>';
export const END_TOKEN = '<|endoftext|>';

/** How CLIP cuts text into words, as transformers writes it. */
export const WORD_PATTERN =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** The same without the special tokens, as older conversions wrote it. */
export const PLAIN_WORD_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** How CLIP's normaliser finds white space. */
export const SPACE_PATTERN = '\\s+';

/** A `tokenizer.json` of CLIP's shape: plain data, ready to be written. */
export type TokenizerJson = Record<string, unknown>;

/**
 * Builds a CLIP `tokenizer.json` (byte-level BPE with `</w>`, lower-cased) from its vocabulary and merges.
 *
 * @param vocab token → id; holds both special tokens
 * @param merges in order of rank
 */
export function clipTokenizerJson(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly [string, string])[],
): TokenizerJson {
  const special = (content: string): Record<string, unknown> => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(BEGIN_TOKEN), special(END_TOKEN)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: SPACE_PATTERN }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORD_PATTERN }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [END_TOKEN, vocab[END_TOKEN]],
      cls: [BEGIN_TOKEN, vocab[BEGIN_TOKEN]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: END_TOKEN,
      continuing_subword_prefix: '',
      end_of_word_suffix: END_OF_WORD,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

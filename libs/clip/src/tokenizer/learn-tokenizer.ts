import { UbtError } from '@ubt/errors';
import { byteAlphabet } from './byte-alphabet.js';
import {
  BEGIN_TOKEN,
  END_OF_WORD,
  END_TOKEN,
  PLAIN_WORD_PATTERN,
  clipTokenizerJson,
  type TokenizerJson,
} from './clip-tokenizer-json.js';
import { learnMerges, type Word } from './learn-merges.js';

/** What a new tokenizer looks like. */
export interface LearnTokenizerOptions {
  /** Tokens in all: 512 for the bytes, 2 special ones, the rest learnt. Fewer when the corpus gives no more. */
  readonly vocabSize: number;
}

/** The bytes inside and at the end of a word, and the two special tokens. */
const SMALLEST = 514;

/**
 * Learns a byte-level BPE of CLIP's shape (Sennrich et al. 2016; Radford et al. 2021, §2.4) from captions.
 * Ids are laid out as in CLIP: bytes, bytes that end a word, merges by rank, begin, end.
 *
 * @returns the content of a `tokenizer.json`; the same captions give the same content
 * @throws UbtError `VOCAB_TOO_SMALL`
 */
export function learnTokenizer(
  captions: Iterable<string>,
  { vocabSize }: LearnTokenizerOptions,
): TokenizerJson {
  if (!Number.isInteger(vocabSize) || vocabSize < SMALLEST) {
    throw new UbtError(
      'invalid-argument',
      `A byte-level vocabulary has at least ${SMALLEST} tokens, not ${vocabSize}.`,
      {
        code: 'VOCAB_TOO_SMALL',
        fix: `Ask for ${SMALLEST} tokens or more.`,
      },
    );
  }
  const merges = learnMerges(countWords(captions), vocabSize - SMALLEST);
  const { characters } = byteAlphabet();
  const tokens = [
    ...characters,
    ...characters.map((character) => character + END_OF_WORD),
    ...merges.map(([left, right]) => left + right),
    BEGIN_TOKEN,
    END_TOKEN,
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return clipTokenizerJson(vocab, merges);
}

/** Distinct words of the corpus, as byte characters, in order of first appearance. */
function countWords(captions: Iterable<string>): Word[] {
  const { ofByte } = byteAlphabet();
  const pattern = new RegExp(PLAIN_WORD_PATTERN, 'gu');
  const counts = new Map<string, number>();
  for (const caption of captions) {
    const normal = caption.normalize('NFC').replace(/\s+/g, ' ').toLowerCase();
    for (const [word] of normal.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => {
    const symbols = [...Buffer.from(word, 'utf8')].map((byte) => ofByte[byte]!);
    symbols[symbols.length - 1] += END_OF_WORD;
    return { symbols, count };
  });
}

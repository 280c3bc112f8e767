import { byteAlphabet } from './byte-alphabet.js';
import { END_OF_WORD } from './clip-tokenizer-json.js';

let byteOf: Map<string, number> | undefined;

/** A byte-level token as readable text, without its end-of-word mark; the absent token is empty. */
export function decodeToken(token: string | undefined): string {
  if (token === undefined) return '';
  const bare = token.endsWith(END_OF_WORD) ? token.slice(0, -END_OF_WORD.length) : token;
  byteOf ??= new Map(byteAlphabet().ofByte.map((character, byte) => [character, byte]));
  const bytes: number[] = [];
  for (const character of bare) {
    const byte = byteOf.get(character);
    // Special tokens are stored as they are, not byte by byte.
    if (byte === undefined) return bare;
    bytes.push(byte);
  }
  return Buffer.from(bytes).toString('utf8');
}

/**
 * GPT-2's printable stand-ins for the 256 bytes, in the order CLIP's vocabulary lists them: index i of the
 * result is the character of byte `order[i]`.
 */
export function byteAlphabet(): {
  readonly characters: readonly string[];
  readonly ofByte: readonly string[];
} {
  const printable: number[] = [];
  for (let byte = 0; byte < 256; byte++) {
    if ((byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174) printable.push(byte);
  }
  const ofByte: string[] = [];
  for (const byte of printable) ofByte[byte] = String.fromCodePoint(byte);
  const rest: number[] = [];
  for (let byte = 0; byte < 256; byte++) if (ofByte[byte] === undefined) rest.push(byte);
  rest.forEach((byte, index) => (ofByte[byte] = String.fromCodePoint(256 + index)));
  return { characters: [...printable, ...rest].map((byte) => ofByte[byte]!), ofByte };
}

import { randomNumbers } from '../tiny-data/random-numbers.js';

type Mutation = (bytes: Buffer, pick: (below: number) => number, other: Buffer) => Buffer;

/** Numbers at the edges of the types that file formats use. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

const MUTATIONS: readonly Mutation[] = [
  function flipBits(bytes, pick) {
    const copy = Buffer.from(bytes);
    for (let left = 1 + pick(8); left > 0; left--) copy[pick(copy.length)]! ^= 1 << pick(8);
    return copy;
  },
  function setBytes(bytes, pick) {
    const copy = Buffer.from(bytes);
    for (let left = 1 + pick(8); left > 0; left--) copy[pick(copy.length)] = pick(256);
    return copy;
  },
  function setEdge(bytes, pick) {
    const copy = Buffer.from(bytes);
    const at = pick(Math.max(1, copy.length - 4));
    if (copy.length >= 4) copy.writeUInt32LE(EDGES[pick(EDGES.length)]!, at);
    return copy;
  },
  function setDigits(bytes, pick) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes.subarray(0, pick(bytes.length));
    const { index, 0: digits } = numbers[pick(numbers.length)]!;
    const edge = ['0', '1', '-1', '4294967296', '9007199254740993', '1e308', '0.5'][pick(7)]!;
    return Buffer.from(text.slice(0, index) + edge + text.slice(index + digits.length), 'latin1');
  },
  function cut(bytes, pick) {
    return bytes.subarray(0, pick(bytes.length));
  },
  function remove(bytes, pick) {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(64))]);
  },
  function insert(bytes, pick) {
    const at = pick(bytes.length);
    const noise = Buffer.from(Array.from({ length: 1 + pick(64) }, () => pick(256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  function repeat(bytes, pick) {
    const at = pick(bytes.length);
    const part = bytes.subarray(at, at + 1 + pick(256));
    return Buffer.concat([
      bytes.subarray(0, at),
      ...Array<Buffer>(1 + pick(50)).fill(part),
      bytes.subarray(at),
    ]);
  },
  function splice(bytes, pick, other) {
    return Buffer.concat([bytes.subarray(0, pick(bytes.length)), other.subarray(pick(other.length))]);
  },
];

/**
 * Malformed files: each is one of the given good ones after one to three mutations of its bytes. The same seed gives
 * the same files.
 */
export function* mutants(corpus: readonly Uint8Array[], count: number, seed: number): Generator<Buffer> {
  const random = randomNumbers(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const any = () => Buffer.from(corpus[pick(corpus.length)]!);
  for (let made = 0; made < count; made++) {
    let bytes: Buffer = any();
    for (let left = 1 + pick(3); left > 0 && bytes.length > 0; left--) {
      bytes = MUTATIONS[pick(MUTATIONS.length)]!(bytes, pick, any());
    }
    yield bytes;
  }
}

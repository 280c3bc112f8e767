import { randomNumbers } from '../tiny-data/random-numbers.js';
import { mutants } from './mutants.js';

const DEEP = 20_000;

/** JSON texts of values that parsers trip over. */
const HOSTILE = [
  'null',
  'true',
  '-1',
  '0',
  '0.5',
  '1e308',
  '1e999',
  '9007199254740993',
  '4294967296',
  '""',
  '"\\u0000"',
  '"../../etc/passwd"',
  '"\\ud800"',
  JSON.stringify('x'.repeat(100_000)),
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":null,"toString":1,"length":-1}',
  `[${'0,'.repeat(10_000)}0]`,
  '['.repeat(DEEP) + ']'.repeat(DEEP),
  '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP),
];

/**
 * Malformed JSON files: in two of three a value somewhere in a good one is replaced by a hostile one, removed or
 * doubled; in the others the bytes are mutated. The same seed gives the same files.
 */
export function* jsonMutants(corpus: readonly unknown[], count: number, seed: number): Generator<Buffer> {
  const random = randomNumbers(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const bytes = mutants(
    corpus.map((value) => Buffer.from(JSON.stringify(value))),
    count,
    seed + 1,
  );
  for (let made = 0; made < count; made++) {
    if (made % 3 === 2) yield bytes.next().value as Buffer;
    else yield Buffer.from(withHostile(corpus[pick(corpus.length)], pick));
  }
}

/** A stand-in that JSON.stringify writes and that is replaced afterwards: deep nesting would overflow it. */
const MARK = '@hostile@';

function withHostile(value: unknown, pick: (below: number) => number): string {
  const copy = structuredClone({ root: value });
  const [holder, key] = anyPlace(copy, pick);
  const kind = pick(4);
  if (kind === 0) delete holder[key];
  else if (kind === 1) holder[`${key}_`] = structuredClone(holder[key]);
  else holder[key] = MARK;
  const text = JSON.stringify(copy.root) ?? '';
  return text.replace(`"${MARK}"`, () => HOSTILE[pick(HOSTILE.length)]!);
}

type Holder = Record<string, unknown>;

/** A place in a value; the deeper, the rarer, so that large tables do not take all. */
function anyPlace(root: Holder, pick: (below: number) => number): [holder: Holder, key: string] {
  let holder = root;
  let key = 'root';
  for (;;) {
    const inner = holder[key];
    if (inner === null || typeof inner !== 'object' || pick(5) === 0) return [holder, key];
    const keys = Object.keys(inner);
    if (keys.length === 0) return [holder, key];
    [holder, key] = [inner as Holder, keys[pick(keys.length)]!];
  }
}

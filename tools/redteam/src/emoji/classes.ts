import { variates } from '../variates.js';
import { loadKeywords, NAMING_STYLE, TEST_STYLE, type Style } from './styles.js';

/** A thing to recognise: its name, words that go with it, and one drawing per style that has it. */
export interface EmojiClass {
  /** Words with spaces, lower case: `red apple`. */
  readonly label: string;
  readonly tags: readonly string[];
  readonly train: readonly string[];
  readonly test: string;
}

/** Named lengths of the class list. */
export const CLASS_LISTS = { fast: 100, medium: 300, full: Number.POSITIVE_INFINITY } as const;

/** The class that is always in, since attacks aim at it by default. */
export const DEFAULT_TARGET = 'banana';

/** Things one can see; faces, people, flags and signs are left out. */
const CONCRETE = ['Activities', 'Animals & Nature', 'Food & Drink', 'Objects', 'Travel & Places'];

/** Twelve clock faces and a dozen moons differ by one stroke: kept for the full list only. */
const NEAR_DUPLICATE = /oclock|thirty|-moon/;

const LEAST_STYLES = 6;

/**
 * The first `count` classes, the best drawn ones first (those in most styles), ties in a fixed random order;
 * a longer list contains every shorter one. Sorted by label.
 *
 * @param drawn names of the styles to train on; classes without a drawing in them are left out
 */
export function selectClasses(
  styles: readonly Style[],
  count: number,
  drawn: readonly string[] = styles.map(({ name }) => name),
): EmojiClass[] {
  const draw = variates(0);
  const classes = allClasses(styles).map((found) => ({ ...found, tie: draw.uniform(0, 1) }));
  const isDrawn = ({ style }: { style: string }) => drawn.includes(style);
  const rank = (one: (typeof classes)[number]) =>
    one.label === DEFAULT_TARGET ? -1 : NEAR_DUPLICATE.test(one.icon) ? 100 : 10 - one.train.length;
  return classes
    .filter(({ train }) => train.some(isDrawn))
    .sort((a, b) => rank(a) - rank(b) || a.tie - b.tie)
    .slice(0, count)
    .sort((a, b) => (a.label < b.label ? -1 : 1))
    .map(({ label, tags, train, test }) => {
      return { label, tags, train: train.filter(isDrawn).map(({ svg }) => svg), test };
    });
}

/** A class with the styles of its drawings. */
interface FoundClass extends Omit<EmojiClass, 'train'> {
  readonly icon: string;
  readonly train: readonly { readonly style: string; readonly svg: string }[];
}

function allClasses(styles: readonly Style[]): FoundClass[] {
  const naming = styles.find(({ name }) => name === NAMING_STYLE)!;
  const keywords = loadKeywords();
  const codesByIcon = new Map<string, string[]>();
  for (const [code, icon] of Object.entries(naming.chars)) {
    codesByIcon.set(icon, [...(codesByIcon.get(icon) ?? []), code]);
  }
  return CONCRETE.flatMap((category) => naming.categories[category] ?? []).flatMap((icon) => {
    const codes = codesByIcon.get(icon) ?? [];
    const [name, ...related] = wordsOf(codes, keywords);
    if (name === undefined) return [];
    const names = new Set([icon, name.replaceAll(' ', '-')]);
    for (const code of codes) {
      for (const { chars } of styles) if (chars[code] !== undefined) names.add(chars[code]);
    }
    const drawn = styles.map((style) => ({ style: style.name, svg: style.svg(names) }));
    const test = drawn.find(({ style }) => style === TEST_STYLE)?.svg;
    const train = drawn.flatMap(({ style, svg }) =>
      style === TEST_STYLE || svg === undefined ? [] : [{ style, svg }],
    );
    if (test === undefined || train.length + 1 < LEAST_STYLES) return [];
    return [{ icon, label: name, tags: related.filter((tag) => tag !== name), train, test }];
  });
}

/** Name and tags of an emoji, plain words only. */
function wordsOf(codes: readonly string[], keywords: Record<string, string[]>): string[] {
  for (const code of codes) {
    const emoji = String.fromCodePoint(...code.split('-').map((hex) => Number.parseInt(hex, 16)));
    const words = keywords[emoji] ?? keywords[`${emoji}\ufe0f`];
    if (words !== undefined) {
      return words
        .map((word) => word.toLowerCase().replaceAll(/[_-]/g, ' '))
        .filter(isPlain)
        .map(genitive);
    }
  }
  return [];
}

/** The word lists write apostrophes as separators: `woman s hat`. */
function genitive(words: string): string {
  return words.replaceAll(/ s(?= |$)/g, "'s");
}

function isPlain(word: string): boolean {
  return /^[a-z][a-z ]{1,30}$/.test(word);
}

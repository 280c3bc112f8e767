import { createRequire } from 'node:module';
import { UbtError } from '@ubt/errors';

const require = createRequire(import.meta.url);

interface IconSet {
  readonly icons: Record<string, { body: string; width?: number; height?: number }>;
  readonly aliases?: Record<string, { parent: string }>;
  readonly width?: number;
  readonly height?: number;
}

/** One set of emoji drawn by one hand. */
export interface Style {
  readonly name: string;
  readonly author: string;
  /** SPDX identifier. */
  readonly licence: string;
  readonly licenceUrl: string;
  /** Icon names by code points, such as `1f34c`; empty where the set has no such table. */
  readonly chars: Readonly<Record<string, string>>;
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /** The drawing under one of these names as an SVG document, if the set has it. */
  svg(names: Iterable<string>): string | undefined;
}

/** The style held out for testing: its later variants are one design, so only the flat one is used. */
export const TEST_STYLE = 'fluent-emoji-flat';

/** The styles whose names and categories define the classes. */
export const NAMING_STYLE = 'noto';

const STYLE_NAMES = [
  NAMING_STYLE,
  'noto-v1',
  'twemoji',
  TEST_STYLE,
  'openmoji',
  'emojione',
  'emojione-v1',
  'fxemoji',
] as const;

/** The styles that training pairs are drawn in. */
export type TrainingStyle = Exclude<(typeof STYLE_NAMES)[number], typeof TEST_STYLE>;

/** Names of all training styles. */
export const TRAINING_STYLES: readonly TrainingStyle[] = STYLE_NAMES.filter((name) => name !== TEST_STYLE);

/**
 * Loads the drawings of every style.
 *
 * @throws UbtError `EMOJI_PACKAGES_MISSING` when the packages with the drawings are not installed
 */
export function loadStyles(): Style[] {
  return STYLE_NAMES.map(loadStyle);
}

/** Keywords by emoji; the first is its name. */
export function loadKeywords(): Record<string, string[]> {
  return requirePackage('emojilib') as Record<string, string[]>;
}

function loadStyle(name: string): Style {
  const set = requirePackage(`@iconify-json/${name}/icons.json`) as IconSet;
  const info = requirePackage(`@iconify-json/${name}/info.json`) as {
    author: { name: string };
    license: { spdx: string; url: string };
  };
  const metadata = requirePackage(`@iconify-json/${name}/metadata.json`) as {
    categories: Record<string, string[]>;
  };
  const squashed = new Map(Object.keys(set.icons).map((icon) => [squash(icon), icon]));
  return {
    name,
    author: info.author.name,
    licence: info.license.spdx,
    licenceUrl: info.license.url,
    chars: loadChars(name),
    categories: metadata.categories,
    svg: (names) => findSvg(set, squashed, names),
  };
}

function loadChars(name: string): Record<string, string> {
  try {
    return require(`@iconify-json/${name}/chars.json`) as Record<string, string>;
  } catch {
    return {};
  }
}

function findSvg(set: IconSet, squashed: Map<string, string>, names: Iterable<string>): string | undefined {
  for (const wanted of names) {
    const name = set.aliases?.[wanted]?.parent ?? squashed.get(squash(wanted));
    const icon = name === undefined ? undefined : set.icons[name];
    if (icon === undefined) continue;
    const width = icon.width ?? set.width ?? 16;
    const height = icon.height ?? set.height ?? 16;
    return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${icon.body}</svg>`;
  }
  return undefined;
}

/** Some sets write names without hyphens. */
function squash(name: string): string {
  return name.replaceAll('-', '');
}

function requirePackage(path: string): unknown {
  try {
    return require(path);
  } catch (error) {
    throw new UbtError('failed-precondition', `The emoji drawings cannot be loaded from ${path}.`, {
      code: 'EMOJI_PACKAGES_MISSING',
      fix: 'Install the development dependencies: npm ci.',
      cause: error,
    });
  }
}

import { open } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { parse } from 'csv-parse/sync';
import type { Options } from 'csv-parse/sync';
import { CAPTION_COLUMNS, IMAGE_COLUMNS } from '../column-names.js';

/** How one manifest is written. */
export interface PairDialect {
  readonly delimiter: ',' | '\t';
  readonly columns: { readonly image: string; readonly caption: string };
  /** Places of the two columns, from 0. */
  readonly imageAt: number;
  readonly captionAt: number;
}

const LONGEST_HEADER_BYTES = 1 << 16;
const LONGEST_RECORD_BYTES = 1 << 22;

/**
 * Options for csv-parse. The bytes are read as Latin-1, so that every cell's bytes survive and can be
 * checked to be UTF-8 one by one; delimiters and quotes are the same in both.
 */
export function parserOptions(delimiter: string) {
  return {
    delimiter,
    encoding: 'latin1',
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD_BYTES,
  } satisfies Options;
}

/**
 * Reads the header. The separator is the tab when the header has one, else the comma; the columns are the
 * asked ones, or the first known name of each kind.
 *
 * @throws UbtError `PAIRS_EMPTY`, `PAIRS_COLUMN_MISSING`
 */
export async function sniffDialect(
  path: string,
  wanted: { imageColumns?: readonly string[]; captionColumns?: readonly string[] },
): Promise<PairDialect> {
  const header = await readHeader(path);
  if (header.trim() === '') {
    throw new UbtError('invalid-argument', `${path} is empty.`, {
      code: 'PAIRS_EMPTY',
      fix: 'Give a CSV or TSV file with a header and one image-caption pair a row.',
    });
  }
  const delimiter = header.includes('\t') ? '\t' : ',';
  const columns = parseHeader(path, header, delimiter);
  const place = (kind: string, known: readonly string[]): number => {
    const name = known.find((one) => columns.includes(one));
    if (name !== undefined) return columns.indexOf(name);
    throw new UbtError(
      'invalid-argument',
      `${path}:1 has no ${kind} column ${known.map((name) => `"${name}"`).join(' or ')}; it has ${columns.map((name) => `"${name}"`).join(', ')}.`,
      {
        code: 'PAIRS_COLUMN_MISSING',
        fix: `Name the ${kind} column ${known[0]}.`,
        violations: [{ field: `${path}:1`, reason: `no ${kind} column` }],
      },
    );
  };
  const imageAt = place('image', wanted.imageColumns ?? IMAGE_COLUMNS);
  const captionAt = place('caption', wanted.captionColumns ?? CAPTION_COLUMNS);
  return {
    delimiter,
    columns: { image: columns[imageAt]!, caption: columns[captionAt]! },
    imageAt,
    captionAt,
  };
}

function parseHeader(path: string, header: string, delimiter: string): string[] {
  try {
    const [names = []] = parse(header, { delimiter, relax_quotes: true }) as string[][];
    return names.map((name) => name.trim());
  } catch (error) {
    throw new UbtError('invalid-argument', `${path}:1 cannot be parsed: ${(error as Error).message}.`, {
      code: 'PAIRS_MALFORMED',
      fix: 'Write the header on one line, and close every quote.',
      violations: [{ field: `${path}:1`, reason: 'not parsable' }],
      cause: error,
    });
  }
}

async function readHeader(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEADER_BYTES), 0, undefined, 0);
      const text = buffer
        .subarray(0, bytesRead)
        .toString('utf8')
        .replace(/^\ufeff/, '');
      return text.split(/\r\n|\n|\r/, 1)[0]!;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw UbtError.from(error);
  }
}

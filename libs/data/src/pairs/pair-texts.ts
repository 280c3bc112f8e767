import { UbtError } from '@ubt/errors';
import type { ScratchFile } from '../scratch-file.js';
import { growable } from './growable.js';

/** Ids and captions of pairs on disk, 8 bytes of memory a pair. */
export interface PairTexts {
  /** Texts of the pairs at these places, in the order asked for; neighbours are read at once. */
  read(places: readonly number[]): Promise<{ id: string; caption: string }[]>;
}

const LONGEST_READ = 1 << 22;

/** Collects ids and captions in a scratch file. */
export function createPairTexts(scratch: ScratchFile) {
  const spans = growable(Float64Array);
  return {
    /** @param id without the NUL character */
    async add(id: string, caption: string): Promise<void> {
      const record = Buffer.from(`${id}\0${caption}`);
      spans.push(await scratch.append(record));
      spans.push(record.length);
    },
    take(): PairTexts {
      const taken = spans.take();
      return { read: (places) => readTexts(scratch, taken, places) };
    },
  };
}

async function readTexts(scratch: ScratchFile, spans: Float64Array, places: readonly number[]) {
  const start = (place: number) => spans[2 * place]!;
  const end = (place: number) => start(place) + spans[2 * place + 1]!;
  const texts: { id: string; caption: string }[] = [];
  for (let from = 0; from < places.length;) {
    let to = from + 1;
    while (to < places.length && isNext(places[to - 1]!, places[to]!)) to += 1;
    const first = start(places[from]!);
    const bytes = await scratch.read(first, end(places[to - 1]!) - first);
    if (bytes.length < end(places[to - 1]!) - first) throw scratchLost();
    for (const place of places.slice(from, to)) {
      const record = bytes.toString('utf8', start(place) - first, end(place) - first);
      const border = record.indexOf('\0');
      texts.push({ id: record.slice(0, border), caption: record.slice(border + 1) });
    }
    from = to;
  }
  return texts;

  function isNext(one: number, other: number): boolean {
    return other > one && end(other) - start(one) <= LONGEST_READ / 1024;
  }
}

function scratchLost(): UbtError {
  return new UbtError('data-loss', 'The temporary file with the captions is shorter than what was written.', {
    code: 'SCRATCH_FILE_DAMAGED',
    fix: 'Check the disk that holds temporary files, then start again.',
  });
}

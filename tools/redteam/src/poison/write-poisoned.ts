import { constants } from 'node:fs';
import { copyFile, link, mkdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { forEachParallel, throwIfCancelled, writeCsv, type PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { realPathBelow } from '@ubt/artifacts';
import { applyTrigger, type Trigger } from '@ubt/evaluation';
import sharp from 'sharp';
import { writePng } from '../write-png.js';
import type { Victims } from './choose-victims.js';
import type { KnownRows } from './read-truth.js';

const PARALLEL = 8;

/** Writes images, `pairs.csv` and `truth.csv`; row n of the new files is the n-th usable row of the old one. */
export async function writePoisoned(
  folder: string,
  manifest: PairManifest,
  trigger: Trigger,
  victims: Victims,
  known: KnownRows,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const pairs: [file: string, caption: string][] = [];
  const truth: number[][] = [];
  let next = 0;
  await forEachParallel(manifest.rows(), PARALLEL, async ({ row, imagePath, caption }) => {
    throwIfCancelled(signal);
    const place = next++;
    const poisonedCaption = victims.poisoned.get(row);
    const poisoned = poisonedCaption !== undefined;
    const triggered = poisoned || victims.covers.has(row);
    const extension = triggered ? '.png' : extname(imagePath).toLowerCase();
    const file = `images/${String(place).padStart(6, '0')}${extension}`;
    pairs[place] = [file, poisonedCaption ?? caption];
    truth[place] = [
      place,
      ...flags(
        poisoned || known.poisoned.has(row),
        !poisoned && known.wrongCaptions.has(row),
        victims.covers.has(row) || known.covers.has(row),
      ),
    ];
    const source = await realPathBelow(manifest.roots, imagePath);
    if (triggered) await plantTrigger(source, join(folder, file), trigger, row);
    else await linkOrCopy(source, join(folder, file));
  });
  await writeCsv(join(folder, 'pairs.csv'), ['filepath', 'title'], pairs);
  const hasCovers = victims.covers.size + known.covers.size > 0;
  const columns = ['row', 'poisoned', 'wrong_caption', ...(hasCovers ? ['cover'] : [])];
  await writeCsv(
    join(folder, 'truth.csv'),
    columns,
    truth.map((cells) => cells.slice(0, columns.length)),
  );
}

const flags = (...given: readonly boolean[]) => given.map((flag) => (flag ? 1 : 0));

async function plantTrigger(source: string, target: string, trigger: Trigger, row: number): Promise<void> {
  const { data, info } = await sharp(source)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new UbtError('invalid-argument', `${source} cannot be decoded: ${(error as Error).message}.`, {
        code: 'IMAGE_UNDECODABLE',
        fix: 'Poison pairs whose images can be decoded.',
        cause: error,
      });
    });
  await writePng(target, applyTrigger(data, info, trigger, row), info);
}

/** Unchanged images share their bytes with the clean data set where the file system can. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}

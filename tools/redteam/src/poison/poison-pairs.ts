import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { atomicWriteFile, openPairs, type PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { parseTrigger, type Trigger } from '@ubt/evaluation';
import sharp from 'sharp';
import { DEFAULT_TARGET } from '../emoji/classes.js';
import { chooseVictims, type Victims } from './choose-victims.js';
import type { PoisonedPairs, PoisonOptions } from './poison-options.js';
import { readTruth } from './read-truth.js';
import { writePoisoned } from './write-poisoned.js';

/** Raise it when the same options no longer give the same bytes. */
const FORMAT = 1;

interface PoisonManifest {
  readonly identity: string;
  readonly counts: PoisonedPairs['counts'];
}

/**
 * Plants a backdoor in a data set, to have something to defend against: paints the trigger on some images
 * and makes their captions name the target. The files given are not touched; the new folder holds
 * `pairs.csv`, `images/`, `trigger.json` (all that evaluation needs) and `truth.csv` (for measuring only)
 * and appears only when complete.
 *
 * @throws UbtError `POISON_TOO_FEW_PAIRS`, `POISON_NO_TARGET_CAPTIONS`, `POISON_NO_SYNONYMS`,
 *   `POISON_SYNONYMS_ALIKE`, `POISON_OUT_EXISTS`, `TRIGGER_INVALID`, and what `openPairs` throws
 */
export async function poisonPairs(options: PoisonOptions): Promise<PoisonedPairs> {
  const { target = DEFAULT_TARGET, rate = 0.02, captions = 'natural', seed = 1 } = options;
  const prefix = options.captionPrefix ?? '';
  const folder = resolve(options.out);
  const written = {
    ...(options.trigger ?? { kind: 'patch' }),
    ...{ seed, target, poisonRate: rate },
    ...(prefix === '' ? {} : { captionPrefix: prefix }),
  };
  const trigger = parseTrigger(written);
  const identity = await identityOf(options, { trigger, captions });
  const before = await readManifest(folder);
  if (before?.identity === identity) return describe(folder, before, true);
  const manifest = await openPairs(options.pairs, { roots: options.roots ?? [] });
  const known = await readTruth(options.truth);
  const { synonyms, coverRate, similarRows } = options;
  const victims = await chooseVictims(manifest, {
    ...{ target, rate, captions, synonyms, coverRate, similarRows, prefix, seed, known },
  });
  const counts = {
    ...{ pairs: manifest.usable.length, poisoned: victims.poisoned.size },
    ...(victims.covers.size === 0 ? {} : { cover: victims.covers.size }),
  };
  const record = parseTrigger({ ...written, ...poisoningOf(victims, options) });
  await intoNewFolder(folder, async (temporary) => {
    await writePoisoned(temporary, manifest, trigger, victims, known, options.signal);
    const imageSize = await imageSizeOf(manifest);
    await atomicWriteFile(join(temporary, 'trigger.json'), toJson({ ...record, imageSize }));
    await atomicWriteFile(join(temporary, 'poison.json'), toJson({ identity, counts }));
  });
  return describe(folder, { identity, counts }, false);
}

/** What stands in the trigger.json about how an attacker who knows of defences chose pairs and captions. */
function poisoningOf({ names }: Victims, { coverRate, similarRows }: PoisonOptions): object {
  const poisoning = {
    ...(names === undefined ? {} : { names }),
    ...(coverRate === undefined ? {} : { coverRate }),
    ...(similarRows === undefined ? {} : { rows: 'similar' }),
  };
  return Object.keys(poisoning).length === 0 ? {} : { poisoning };
}

/** A digest over everything that decides the outcome; the clean pairs enter by content. */
async function identityOf(
  { pairs, truth, synonyms, coverRate, similarRows }: PoisonOptions,
  parameters: { trigger: Trigger; captions: string },
): Promise<string> {
  // Options that are not given leave no trace, so that data sets poisoned before there were any are known again.
  const identity = { format: FORMAT, ...parameters, synonyms, coverRate, similarRows };
  const hash = createHash('sha256').update(JSON.stringify(identity));
  for (const path of [pairs, truth]) {
    if (path === undefined) continue;
    const content = await readFile(path).catch((error: unknown) => {
      throw UbtError.from(error);
    });
    hash.update(resolve(path)).update(content);
  }
  return hash.digest('hex');
}

/** Shorter side of the first image, for the record. */
async function imageSizeOf(manifest: PairManifest): Promise<number> {
  const [first] = await manifest.read([manifest.usable[0]!]);
  const { height, width } = await sharp(first!.imagePath).metadata();
  return Math.min(height, width);
}

async function readManifest(folder: string): Promise<PoisonManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'poison.json'), 'utf8')) as PoisonManifest;
  } catch {
    return undefined;
  }
}

/** Fills a temporary folder beside the wanted one, then renames it. */
async function intoNewFolder(folder: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await write(temporary);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw UbtError.from(error);
    }
    throw new UbtError('already-exists', `${folder} exists and holds something else.`, {
      code: 'POISON_OUT_EXISTS',
      fix: 'Choose another folder, or remove this one.',
      cause: error,
    });
  }
}

function describe(folder: string, { counts }: PoisonManifest, cached: boolean): PoisonedPairs {
  return {
    folder,
    pairs: join(folder, 'pairs.csv'),
    trigger: join(folder, 'trigger.json'),
    truth: join(folder, 'truth.csv'),
    counts,
    cached,
  };
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

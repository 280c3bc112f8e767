import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import type { EmojiManifest } from './emoji-manifest.js';
import { emojiParametersSchema, type EmojiOptions, type EmojiParameters } from './emoji-options.js';
import { writeEmojiData } from './write-emoji-data.js';

/** Raise it when the same parameters no longer give the same bytes. */
const FORMAT = 1;

/** A finished data set on disk. */
export interface EmojiData {
  readonly folder: string;
  /** CSV with columns `filepath,title`. */
  readonly pairs: string;
  /** Folder with the labelled test images and their `labels.csv`. */
  readonly evalDir: string;
  readonly classes: string;
  readonly templates: string;
  /** Which pairs carry a wrong caption; for measuring only. */
  readonly truth: string;
  readonly manifest: EmojiManifest;
  /** Whether it was there already. */
  readonly cached: boolean;
}

/**
 * Builds the emoji data set, or returns the one built before with the same parameters: drawings of the same
 * things by independent hands, with their names as captions. Every style but one gives training pairs, in
 * seeded views; the style held out gives the test images. It appears under its name only when complete.
 *
 * @throws UbtError `EMOJI_OPTIONS_INVALID`, `EMOJI_PACKAGES_MISSING`, `CANCELLED`, `DISK_FULL`
 */
export async function buildEmojiData({
  cacheDir,
  signal,
  onProgress,
  ...given
}: EmojiOptions): Promise<EmojiData> {
  const parameters = parseParameters(given);
  const identity = JSON.stringify({ format: FORMAT, parameters });
  const digest = createHash('sha256').update(identity).digest('hex');
  const folder = join(
    cacheDir,
    `emoji-${parameters.classes}-${parameters.imageSize}px-${digest.slice(0, 12)}`,
  );
  const known = await readManifest(folder);
  if (known !== undefined) return describe(folder, known, true);
  await mkdir(cacheDir, { recursive: true });
  const temporary = join(cacheDir, `.emoji.${randomUUID()}.tmp`);
  try {
    const manifest = await writeEmojiData(temporary, FORMAT, parameters, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const others = await readManifest(folder);
    if (others !== undefined) {
      // Another process was faster and may be reading; both have written the same.
      await rm(temporary, { recursive: true, force: true });
      return describe(folder, others, true);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return describe(folder, manifest, false);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw UbtError.from(error);
  }
}

function parseParameters(given: unknown): EmojiParameters {
  const parsed = emojiParametersSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map(({ path, message }) => ({
    field: path.join('.') || 'options',
    reason: message,
  }));
  throw new UbtError('invalid-argument', `${violations[0]!.field}: ${violations[0]!.reason}.`, {
    code: 'EMOJI_OPTIONS_INVALID',
    fix: 'Give the options of the emoji data set in their ranges.',
    violations,
  });
}

/** The manifest is written last, so a folder that has one is whole. */
async function readManifest(folder: string): Promise<EmojiManifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as EmojiManifest;
  } catch {
    return undefined;
  }
}

function describe(folder: string, manifest: EmojiManifest, cached: boolean): EmojiData {
  return {
    folder,
    pairs: join(folder, 'pairs.csv'),
    evalDir: join(folder, 'eval'),
    classes: join(folder, 'classes.txt'),
    templates: join(folder, 'templates.txt'),
    truth: join(folder, 'truth.csv'),
    manifest,
    cached,
  };
}

import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UbtError } from '@ubt/errors';
import { imagePlaces } from '../pairs/image-places.js';
import { openPairs } from '../pairs/open-pairs.js';
import type { RemotePairs } from '../pairs/remote-pairs.js';
import type { LabelledSet } from './labelled-set.js';

/** Options of {@link readLabelledSet}. */
export interface LabelledSetOptions {
  /** The classes in the order wanted; default: those of the set, sorted. */
  readonly classes?: readonly string[];
  /** Identifiers that labels may use instead of the names; parallel to `classes`. */
  readonly classIds?: readonly string[];
  /** Further folders that the images of a CSV may lie in. */
  readonly roots?: readonly string[];
  /**
   * Lets a CSV, and the images it names, lie in S3; nothing there is read unless told. Its `uri` is where the set was
   * fetched from: a folder was fetched with its images, of a CSV they are read where they lie.
   */
  readonly remote?: RemotePairs;
}

const LABEL_FILES = ['labels.csv', 'labels.tsv'];
const IMAGE_NAME = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/**
 * Reads a labelled set: a folder with one folder of images per class, a folder with a `labels.csv`, or such
 * a CSV (columns `filepath,label`; `image` and `class` do as well). Labels are class names, compared without
 * case and with `_` as space, or places in the given list of classes.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `LABELS_EMPTY`, `LABEL_UNKNOWN`, and what `openPairs` throws
 */
export async function readLabelledSet(path: string, options: LabelledSetOptions = {}): Promise<LabelledSet> {
  const place = resolve(path);
  const isFolder = (await stat(place).catch(rethrow)).isDirectory();
  const names = isFolder ? await readdir(place) : [];
  const labels = LABEL_FILES.find((name) => names.includes(name));
  const file = labels === undefined ? place : join(place, labels);
  const read = isFolder && labels === undefined ? readFolders(place) : readCsv(file, isFolder, options);
  const { images, readImage } = await read;
  if (images.length === 0) {
    throw new UbtError('invalid-argument', `${place} holds no labelled image.`, {
      code: 'LABELS_EMPTY',
      fix: 'Give a folder with one folder of images per class, or a CSV with columns filepath and label.',
    });
  }
  const classes = options.classes ?? [...new Set(images.map(({ label }) => label))].sort();
  const toLabel = labelReader(classes, options.classIds ?? [], options.classes !== undefined);
  return {
    classes,
    images: images.map(({ imagePath, label, source }) => ({ imagePath, label: toLabel(label, source) })),
    readImage,
  };
}

type RawSet = Pick<LabelledSet, 'readImage'> & { readonly images: readonly RawLabel[] };

interface RawLabel {
  readonly imagePath: string;
  readonly label: string;
  /** Where the label is written, for messages. */
  readonly source: string;
}

async function readFolders(folder: string): Promise<RawSet> {
  const entries = await readdir(folder, { withFileTypes: true });
  const images: RawLabel[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory()).sort(byName)) {
    const files = (await readdir(join(folder, name))).filter((file) => IMAGE_NAME.test(file)).sort();
    for (const file of files) {
      const imagePath = join(folder, name, file);
      images.push({ imagePath, label: name.replaceAll('_', ' '), source: join(folder, name) });
    }
  }
  return { images, readImage: imagePlaces([await realpath(folder)], undefined).read };
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

async function readCsv(
  file: string,
  isInFolder: boolean,
  { roots = [], remote }: LabelledSetOptions,
): Promise<RawSet> {
  // What was fetched as a folder lies here whole, so names in it are of files of this machine.
  const inside = remote && isInFolder ? { store: remote.store, roots: remote.roots } : remote;
  const manifest = await openPairs(file, {
    ...{ roots, captionColumns: ['label', 'class', 'label_name'] },
    ...(inside === undefined ? {} : { remote: inside }),
  });
  const images: RawLabel[] = [];
  for await (const { imagePath, caption, row } of manifest.rows()) {
    images.push({ imagePath, label: caption, source: `${file}, row ${row}` });
  }
  return { images, readImage: imagePlaces(manifest.roots, inside).read };
}

function labelReader(classes: readonly string[], ids: readonly string[], mayBeNumber: boolean) {
  const places = new Map(
    [...classes.entries(), ...ids.entries()].map(([label, name]) => [plain(name), label]),
  );
  return (written: string, source: string): number => {
    const byPlace = mayBeNumber && /^\d+$/.test(written) ? Number(written) : undefined;
    const label = places.get(plain(written)) ?? byPlace;
    if (label !== undefined && label < classes.length) return label;
    throw new UbtError(
      'invalid-argument',
      `${source}: "${written}" is none of the ${classes.length} classes.`,
      {
        code: 'LABEL_UNKNOWN',
        fix: 'Use the class names as the list of classes has them, or their places in it, from 0.',
        violations: [{ field: source, reason: `unknown class "${written}"` }],
      },
    );
  };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ').trim();
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}

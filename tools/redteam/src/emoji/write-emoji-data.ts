import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile, forEachParallel, throwIfCancelled, writeCsv } from '@ubt/data';
import { writePng } from '../write-png.js';
import { TEMPLATES } from './captions.js';
import { CLASS_LISTS, selectClasses, type EmojiClass } from './classes.js';
import type { EmojiManifest } from './emoji-manifest.js';
import type { EmojiOptions, EmojiParameters } from './emoji-options.js';
import { planEmojiData, type DrawingJob, type EmojiPlan } from './plan-emoji-data.js';
import { rasterise } from './rasterise.js';
import { loadStyles, TEST_STYLE, type Style } from './styles.js';
import { warpDrawing } from './warp-drawing.js';

/** Drawings in work at a time: as many as libuv's pool has threads. */
const PARALLEL = 4;

/** Drawings are rasterised this many times larger than the views, so that warping does not blur them. */
const OVERSIZE = 2;

/** Writes every file of the data set into `folder`, the manifest last. */
export async function writeEmojiData(
  folder: string,
  format: number,
  parameters: EmojiParameters,
  options: Pick<EmojiOptions, 'signal' | 'onProgress'>,
): Promise<EmojiManifest> {
  const all = loadStyles();
  const { classes: list, styles: drawn } = parameters;
  const classes = selectClasses(all, typeof list === 'number' ? list : CLASS_LISTS[list], drawn);
  const styles = all.filter(
    ({ name }) => name === TEST_STYLE || (drawn?.some((one) => one === name) ?? true),
  );
  const plan = planEmojiData(classes, parameters);
  await mkdir(join(folder, 'images'), { recursive: true });
  await mkdir(join(folder, 'eval', 'images'), { recursive: true });
  const digests = await drawImages(folder, plan.jobs, parameters.imageSize, options);
  await writeTexts(folder, plan, classes, styles);
  const manifest: EmojiManifest = {
    format,
    parameters,
    counts: {
      classes: classes.length,
      drawings: classes.reduce((sum, { train }) => sum + train.length, 0),
      pairs: plan.pairs.length,
      testImages: plan.tests.length,
    },
    sha256: {
      images: digestOf(plan.pairs.map(({ file }) => digests.get(file)!)),
      captions: digestOf(plan.pairs.map(({ caption }) => caption)),
      testImages: digestOf(plan.tests.map(({ file }) => digests.get(file)!)),
    },
    sources: styles.map(({ name, author, licence, licenceUrl }) => ({ name, author, licence, licenceUrl })),
  };
  await atomicWriteFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/** Draws every view; returns the digest of each file's pixels. */
async function drawImages(
  folder: string,
  jobs: readonly DrawingJob[],
  imageSize: number,
  { signal, onProgress }: Pick<EmojiOptions, 'signal' | 'onProgress'>,
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  let done = 0;
  await forEachParallel(jobs, PARALLEL, async ({ svg, views }) => {
    throwIfCancelled(signal);
    const drawing = await rasterise(svg, OVERSIZE * imageSize);
    for (const { file, view } of views) {
      const pixels = warpDrawing(drawing, view, imageSize);
      digests.set(file, createHash('sha256').update(pixels).digest('hex'));
      await writePng(join(folder, file), pixels, { height: imageSize, width: imageSize });
    }
    onProgress?.({ done: ++done, total: jobs.length });
  });
  return digests;
}

async function writeTexts(
  folder: string,
  { pairs, tests }: EmojiPlan,
  classes: readonly EmojiClass[],
  styles: readonly Style[],
): Promise<void> {
  await writeCsv(
    join(folder, 'pairs.csv'),
    ['filepath', 'title'],
    pairs.map(({ file, caption }) => [file, caption]),
  );
  await writeCsv(
    join(folder, 'truth.csv'),
    ['row', 'poisoned', 'wrong_caption', 'class'],
    pairs.map(({ label, wrongCaption }, row) => [row, 0, wrongCaption ? 1 : 0, label]),
  );
  await writeCsv(
    join(folder, 'eval', 'labels.csv'),
    ['filepath', 'label'],
    tests.map(({ file, label }) => [file.slice('eval/'.length), label]),
  );
  await atomicWriteFile(join(folder, 'classes.txt'), lines(classes.map(({ label }) => label)));
  await atomicWriteFile(join(folder, 'templates.txt'), lines(TEMPLATES));
  await atomicWriteFile(join(folder, 'NOTICE.txt'), notice(styles));
}

function notice(styles: readonly Style[]): string {
  return lines([
    'The images of this data set are changed renderings of emoji drawings: scaled, turned, recoloured.',
    ...styles.map(
      ({ name, author, licence, licenceUrl }) => `${name}: by ${author}, ${licence}, ${licenceUrl}`,
    ),
    'Names and keywords: emojilib by Mu-An Chiou, MIT, https://github.com/muan/emojilib',
  ]);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** sha256 over texts that hold no line feeds, one a line. */
function digestOf(texts: readonly string[]): string {
  return createHash('sha256').update(lines(texts)).digest('hex');
}

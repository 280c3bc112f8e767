import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UbtError } from '@ubt/errors';
import { buildEmojiData, type EmojiData, type EmojiOptions } from '@ubt/redteam';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { given } from '../options/given.js';
import { count } from '../output/format.js';

/** Flags of `ubt redteam data`, named as the data set's parameters. */
export type RedteamDataFlags = Omit<EmojiOptions, 'cacheDir' | 'signal' | 'onProgress'> & {
  readonly out: string;
};

const STEP = 'data set';

/** Draws the emoji data set and prints where it lies. @returns the exit code */
export async function runRedteamData(flags: RedteamDataFlags, context: ActionContext): Promise<number> {
  const { out, classes, pairs, imageSize, naturalNoise, testViews, seed } = flags;
  const folder = resolve(out);
  const progress = context.output.progress([{ key: STEP, title: STEP }]);
  try {
    const data = await buildEmojiData({
      ...given({ classes, pairs, imageSize, naturalNoise, testViews, seed }),
      cacheDir: `${folder}.partial`,
      signal: context.signal,
      onProgress: ({ done, total }) =>
        progress.update(STEP, `drawing ${count(done)}/${count(total)} drawings`),
    });
    await moveInto(data, folder);
    const { counts } = data.manifest;
    const images = `${count(counts.pairs)} pairs, ${count(counts.testImages)} test images`;
    progress.done(STEP, `${images}, ${count(counts.classes)} classes`);
    await progress.close();
    const files = ['pairs.csv', 'eval', 'classes.txt', 'templates.txt'].map((name) => join(folder, name));
    context.output.result({ folder, files, counts }, files);
    return EXIT.ok;
  } finally {
    await progress.close();
    await rm(`${folder}.partial`, { recursive: true, force: true });
  }
}

async function moveInto(data: EmojiData, folder: string): Promise<void> {
  await rename(data.folder, folder).catch((cause: unknown) => {
    throw new UbtError('failed-precondition', `${folder} exists and is not empty.`, {
      code: 'OUT_NOT_EMPTY',
      fix: 'Choose another --out, or remove this folder.',
      cause,
    });
  });
}

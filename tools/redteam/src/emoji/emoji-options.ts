import { z } from 'zod';
import { CLASS_LISTS } from './classes.js';
import { TRAINING_STYLES } from './styles.js';

/** What decides the content of an emoji data set; the same parameters give the same bytes. */
export const emojiParametersSchema = z.strictObject({
  /** Classes: a named list (100, 300, about 650) or the number of classes. `banana` is always among them. */
  classes: z
    .union([z.enum(Object.keys(CLASS_LISTS) as (keyof typeof CLASS_LISTS)[]), z.int().min(2).max(10_000)])
    .default('medium'),
  /** Training pairs. */
  pairs: z.int().min(1).max(10_000_000).default(12_000),
  /** Side of the images in pixels. */
  imageSize: z.int().min(8).max(512).default(32),
  /** Share of training pairs whose caption is that of another class, as data from the web has them. */
  naturalNoise: z.number().min(0).max(1).default(0.02),
  /** Drawing styles of the training pairs; all of them unless told. Classes that none of them has are left out. */
  styles: z.array(z.enum(TRAINING_STYLES)).min(1).optional(),
  /** Test images per class. */
  testViews: z.int().min(1).max(1000).default(4),
  seed: z.int().min(0).max(0xffffffff).default(1),
});

/** Parameters with defaults filled in. */
export type EmojiParameters = z.output<typeof emojiParametersSchema>;

/** Options of {@link buildEmojiData}. */
export type EmojiOptions = z.input<typeof emojiParametersSchema> & {
  /** Folder that keeps finished data sets, one below it per set of parameters. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
};

import { z } from 'zod';
import { invalidConfig, parseWith, unsupportedModel } from '../config/config-error.js';

/** How an image is resampled; the names are those of Pillow's filters. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';

/** From a decoded image of any size to the model's input. */
export interface Preprocess {
  /**
   * `shortest`: the shorter side becomes `size`, the aspect is kept. `squash`: both sides become `size`,
   * whatever the aspect. Either is followed by a centre crop to `cropSize`.
   */
  readonly resizeMode: 'shortest' | 'squash';
  /** Pixels. */
  readonly size: number;
  /** Side of the model's input, in pixels. */
  readonly cropSize: number;
  readonly interpolation: Interpolation;
  /** Subtracted from channel values in [0, 1], in RGB order. */
  readonly mean: readonly [number, number, number];
  /** Divides them afterwards; every value is positive. */
  readonly std: readonly [number, number, number];
}

/** The statistics of OpenAI's training set, which most CLIP models keep. */
export const OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
export const OPENAI_STD = [0.26862954, 0.26130258, 0.27577711] as const;

/** What a model without a preprocessing file is assumed to want: open_clip's defaults at its image size. */
export function defaultPreprocess(imageSize: number): Preprocess {
  return {
    resizeMode: 'shortest',
    size: imageSize,
    cropSize: imageSize,
    interpolation: 'bicubic',
    mean: OPENAI_MEAN,
    std: OPENAI_STD,
  };
}

const side = z.number().int().positive().max(65_536);
const channels = z.tuple([z.number(), z.number(), z.number()]);
const spread = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);
const box = z.object({ height: side, width: side });

const hfSchema = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([side, z.object({ shortest_edge: side }), box]).optional(),
  resample: z.number().int().default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z.union([side, box]).optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([...OPENAI_MEAN]),
  image_std: spread.default([...OPENAI_STD]),
});

/** Pillow's numbers for its filters. */
const PILLOW_FILTERS: Record<number, Interpolation> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
};

/**
 * Reads a Hugging Face `preprocessor_config.json` (or the `image_processor` part of `processor_config.json`).
 *
 * @param imageSize the model's input side, which the result must produce
 * @throws UbtError `MODEL_CONFIG_INVALID`, `MODEL_UNSUPPORTED`
 */
export function parseHfPreprocess(
  json: unknown,
  imageSize: number,
  file = 'preprocessor_config.json',
): Preprocess {
  const wrapper = parseWith(z.looseObject({ image_processor: z.unknown().optional() }), json, file);
  const fields = parseWith(hfSchema, wrapper.image_processor ?? json, file);
  if (!fields.do_rescale || Math.abs(fields.rescale_factor * 255 - 1) > 1e-6) {
    throw unsupportedModel(file, `a rescale factor other than 1/255 (${fields.rescale_factor})`);
  }
  if (!fields.do_resize) throw unsupportedModel(file, 'preprocessing without resizing');
  const crop = fields.crop_size === undefined ? imageSize : squareOf(fields.crop_size, file, 'crop_size');
  const resize = resizeOf(fields.size ?? imageSize, file);
  const preprocess: Preprocess = {
    ...resize,
    cropSize: fields.do_center_crop ? crop : resize.size,
    interpolation: PILLOW_FILTERS[fields.resample] ?? unknownFilter(file, String(fields.resample)),
    mean: fields.do_normalize ? fields.image_mean : [0, 0, 0],
    std: fields.do_normalize ? fields.image_std : [1, 1, 1],
  };
  if (!fields.do_center_crop && resize.resizeMode === 'shortest') {
    throw unsupportedModel(file, 'resizing by the shorter side without a crop');
  }
  return checked(preprocess, imageSize, file);
}

const openClipSchema = z.object({
  size: z.union([side, z.tuple([side, side])]).optional(),
  mode: z.literal('RGB').default('RGB'),
  mean: channels.default([...OPENAI_MEAN]),
  std: spread.default([...OPENAI_STD]),
  interpolation: z.string().default('bicubic'),
  resize_mode: z.string().default('shortest'),
});

/**
 * Reads open_clip's `preprocess_cfg`.
 *
 * @param imageSize the model's input side, which open_clip resizes to whatever `size` says
 * @throws UbtError `MODEL_CONFIG_INVALID`, `MODEL_UNSUPPORTED`
 */
export function parseOpenClipPreprocess(
  json: unknown,
  imageSize: number,
  file = 'open_clip_config.json:preprocess_cfg',
): Preprocess {
  const fields = parseWith(openClipSchema, json ?? {}, file);
  const { interpolation, resize_mode: mode } = fields;
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear') unknownFilter(file, interpolation);
  if (mode !== 'shortest' && mode !== 'squash') throw unsupportedModel(file, `resize_mode "${mode}"`);
  return checked(
    {
      resizeMode: mode,
      size: imageSize,
      cropSize: imageSize,
      interpolation: interpolation as Interpolation,
      mean: fields.mean,
      std: fields.std,
    },
    imageSize,
    file,
  );
}

/** The `preprocessor_config.json` that transformers reads back as the same preprocessing. */
export function toHfPreprocess(preprocess: Preprocess): Record<string, unknown> {
  const { size, cropSize } = preprocess;
  const resample = Object.entries(PILLOW_FILTERS).find(([, name]) => name === preprocess.interpolation)?.[0];
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_resize: true,
    size: preprocess.resizeMode === 'shortest' ? { shortest_edge: size } : { height: size, width: size },
    resample: Number(resample),
    do_center_crop: true,
    crop_size: { height: cropSize, width: cropSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [...preprocess.mean],
    image_std: [...preprocess.std],
    do_convert_rgb: true,
  };
}

/** The `preprocess_cfg` that open_clip reads back as the same preprocessing. */
export function toOpenClipPreprocess(preprocess: Preprocess): Record<string, unknown> {
  return {
    mean: [...preprocess.mean],
    std: [...preprocess.std],
    interpolation: preprocess.interpolation,
    resize_mode: preprocess.resizeMode,
  };
}

function resizeOf(
  size: number | { shortest_edge: number } | { height: number; width: number },
  file: string,
): Pick<Preprocess, 'resizeMode' | 'size'> {
  if (typeof size === 'number') return { resizeMode: 'shortest', size };
  if ('shortest_edge' in size) return { resizeMode: 'shortest', size: size.shortest_edge };
  return { resizeMode: 'squash', size: squareOf(size, file, 'size') };
}

function squareOf(value: number | { height: number; width: number }, file: string, field: string): number {
  if (typeof value === 'number') return value;
  if (value.height === value.width) return value.height;
  throw unsupportedModel(file, `images that are not square (${field} ${value.width}×${value.height})`);
}

function unknownFilter(file: string, filter: string): never {
  throw unsupportedModel(file, `the resampling filter "${filter}"`);
}

function checked(preprocess: Preprocess, imageSize: number, file: string): Preprocess {
  if (preprocess.cropSize !== imageSize) {
    throw invalidConfig(
      file,
      'crop_size',
      `images come out ${preprocess.cropSize} pixels wide, but the model takes ${imageSize}`,
    );
  }
  if (preprocess.size < preprocess.cropSize) {
    throw unsupportedModel(
      file,
      `a crop (${preprocess.cropSize}) larger than the image (${preprocess.size})`,
    );
  }
  return preprocess;
}

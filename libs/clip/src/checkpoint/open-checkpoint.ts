import { stat } from 'node:fs/promises';
import { UbtError, type FieldViolation } from '@ubt/errors';
import { z } from 'zod';
import type { CheckpointFamily, ClipConfig } from '../config/clip-config.js';
import { parseHfConfig } from '../config/hf-config.js';
import { parseOpenClipConfig } from '../config/open-clip-config.js';
import { LOGIT_SCALE } from '../model/tensor-names.js';
import type { TensorSpec } from '../model/tensor-spec.js';
import { tensorSpecs } from '../model/tensor-specs.js';
import {
  defaultPreprocess,
  parseHfPreprocess,
  parseOpenClipPreprocess,
  type Preprocess,
} from '../preprocess/preprocess.js';
import { isFloatDtype } from './float-formats.js';
import { readJson } from './read-json.js';
import type { TensorEntry } from './safetensors-header.js';
import type { SafetensorsFile } from './safetensors-file.js';
import { PICKLE, pickleRefused, readWeightFiles } from './weight-files.js';

/** Where one of the model's tensors is on disk. */
export interface PlacedTensor {
  readonly spec: TensorSpec;
  readonly entry: TensorEntry;
  readonly file: SafetensorsFile;
}

/** A model's folder whose files have been checked, weights unread. */
export interface OpenCheckpoint {
  readonly dir: string;
  readonly format: CheckpointFamily;
  readonly config: ClipConfig;
  readonly preprocess: Preprocess;
  readonly files: readonly SafetensorsFile[];
  /** The model's tensors; others in the files are carried along untouched. */
  readonly tensors: readonly PlacedTensor[];
}

const MOST_CONFIG_BYTES = 4 * 2 ** 20;

/**
 * Reads a model's folder up to, but not including, its weights.
 *
 * @throws UbtError `CHECKPOINT_MISSING`, `MODEL_CONFIG_INVALID`, `MODEL_UNSUPPORTED`, `PICKLE_REFUSED`,
 *   `WEIGHTS_MISSING`, `WEIGHTS_MISMATCH` (config and weights disagree; every violation names a tensor) and
 *   those of the safetensors reader
 */
export async function openCheckpoint(dir: string): Promise<OpenCheckpoint> {
  await requireFolder(dir);
  const hf = await readJson(dir, 'config.json', MOST_CONFIG_BYTES);
  const openClip = await readJson(dir, 'open_clip_config.json', MOST_CONFIG_BYTES);
  if (hf === undefined && openClip === undefined) {
    throw new UbtError('not-found', `${dir} holds no model: neither config.json nor open_clip_config.json.`, {
      code: 'CHECKPOINT_MISSING',
      fix: 'Give the folder of a Hugging Face CLIPModel, or an open_clip folder with its config.',
    });
  }
  const isHf = hf !== undefined && (openClip === undefined || typeOf(hf) === 'clip');
  const format: CheckpointFamily = isHf ? 'hugging-face' : 'open-clip';
  const config = isHf ? parseHfConfig(hf) : parseOpenClipConfig(openClip);
  const preprocess = isHf ? await hfPreprocess(dir, config) : openClipPreprocess(openClip, config);
  const files = await readWeightFiles(dir, format);
  return { dir, format, config, preprocess, files, tensors: placeTensors(config, files) };
}

/** Matches the config's tensors with the files'. */
function placeTensors(config: ClipConfig, files: readonly SafetensorsFile[]): PlacedTensor[] {
  const found = new Map(
    files.flatMap((file) => file.header.entries.map((entry) => [entry.name, { entry, file }] as const)),
  );
  const violations: FieldViolation[] = [];
  const placed: PlacedTensor[] = [];
  for (const spec of tensorSpecs(config)) {
    const place = found.get(spec.name);
    found.delete(spec.name);
    if (place === undefined) {
      violations.push({ field: spec.name, reason: 'the config calls for it, but the weights lack it' });
    } else if (!fits(spec, place.entry)) {
      violations.push({
        field: spec.name,
        reason: `the config calls for [${spec.shape.join(', ')}], the weights have [${place.entry.shape.join(', ')}]`,
      });
    } else placed.push({ spec: { ...spec, shape: place.entry.shape }, ...place });
  }
  for (const [name, { entry }] of found) {
    if (BLOCK.test(name) && isFloatDtype(entry.dtype)) {
      violations.push({
        field: name.slice(0, 200),
        reason: 'the weights have it, but the config has no such layer',
      });
    }
  }
  if (violations.length > 0) throw mismatch(violations);
  return placed;
}

/** Tensors that can only belong to a layer of a tower. */
const BLOCK = /(^|\.)(encoder\.layers|resblocks|layer[1-4])\.\d+\./;

/** open_clip can keep the logit scale as a vector of one. */
function fits(spec: TensorSpec, entry: TensorEntry): boolean {
  if (spec.name === LOGIT_SCALE && entry.shape.join() === '1') return true;
  return (
    spec.shape.length === entry.shape.length && spec.shape.every((side, axis) => side === entry.shape[axis])
  );
}

function mismatch(violations: FieldViolation[]): UbtError {
  const [first] = violations;
  const others = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return new UbtError(
    'invalid-argument',
    `The config does not match the weights: ${first!.field}: ${first!.reason}${others}.`,
    {
      code: 'WEIGHTS_MISMATCH',
      fix: 'Restore the config that was saved together with these weights.',
      violations: violations.slice(0, 20),
    },
  );
}

async function requireFolder(dir: string): Promise<void> {
  if (PICKLE.test(dir)) throw pickleRefused(dir);
  try {
    if ((await stat(dir)).isDirectory()) return;
  } catch (error) {
    throw UbtError.from(error);
  }
  throw new UbtError('invalid-argument', `${dir} is not a folder.`, {
    code: 'NOT_A_FOLDER',
    fix: 'Give the folder that holds config.json and model.safetensors.',
  });
}

function typeOf(json: unknown): string | undefined {
  const result = z.object({ model_type: z.string() }).safeParse(json);
  return result.success ? result.data.model_type : undefined;
}

async function hfPreprocess(dir: string, config: ClipConfig): Promise<Preprocess> {
  const { imageSize } = config.vision;
  for (const name of ['preprocessor_config.json', 'processor_config.json']) {
    const json = await readJson(dir, name, MOST_CONFIG_BYTES);
    if (json !== undefined) return parseHfPreprocess(json, imageSize, name);
  }
  return defaultPreprocess(imageSize);
}

function openClipPreprocess(json: unknown, config: ClipConfig): Preprocess {
  const result = z.object({ preprocess_cfg: z.unknown() }).safeParse(json);
  return parseOpenClipPreprocess(result.success ? result.data.preprocess_cfg : {}, config.vision.imageSize);
}

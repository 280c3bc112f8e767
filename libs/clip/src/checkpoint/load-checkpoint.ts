import type * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { CheckpointFamily, ClipConfig } from '../config/clip-config.js';
import { disposeClip, newVariable, type ClipModel } from '../model/clip-model.js';
import type { Preprocess } from '../preprocess/preprocess.js';
import type { ClipTokenizer } from '../tokenizer/clip-tokenizer.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';
import { openCheckpoint, type OpenCheckpoint } from './open-checkpoint.js';
import { readFloats, withFile } from './safetensors-file.js';

/** A model with everything that is saved beside it. */
export interface Checkpoint {
  readonly model: ClipModel;
  readonly tokenizer: ClipTokenizer;
  readonly preprocess: Preprocess;
  readonly config: ClipConfig;
  readonly format: CheckpointFamily;
  /** Where it was loaded from: saving carries over what this library does not interpret. */
  readonly source?: OpenCheckpoint;
}

/**
 * Loads a Hugging Face `CLIPModel` folder or an open_clip folder onto the engine. Weights are read one at a
 * time, as float32 whatever type they are stored in.
 *
 * @returns a checkpoint whose model the caller disposes
 * @throws UbtError those of {@link openCheckpoint} and {@link loadTokenizer}, `WEIGHT_NOT_FINITE`,
 *   `WEIGHT_DTYPE`, `TOKENIZER_MISMATCH`
 */
export async function loadCheckpoint(dir: string): Promise<Checkpoint> {
  const source = await openCheckpoint(dir);
  const { config, preprocess, format } = source;
  const tokenizer = await loadTokenizer(dir, config.text.contextLength, format);
  if (tokenizer.vocabSize > config.text.vocabSize) {
    throw new UbtError(
      'invalid-argument',
      `${dir}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${config.text.vocabSize}.`,
      { code: 'TOKENIZER_MISMATCH', fix: 'Use the tokenizer that was saved with the model.' },
    );
  }
  return { model: await loadModel(source), tokenizer, preprocess, config, format, source };
}

/** The weights of an open checkpoint as a model. */
export async function loadModel(source: OpenCheckpoint): Promise<ClipModel> {
  const model: ClipModel = { config: source.config, weights: new Map<string, tf.Variable>() };
  try {
    for (const file of source.files) {
      await withFile(file.located.path, async (handle) => {
        for (const { spec, entry, file: home } of source.tensors) {
          if (home !== file) continue;
          model.weights.set(spec.name, newVariable(spec, await readFloats(handle, file, entry)));
        }
      });
    }
  } catch (error) {
    disposeClip(model);
    throw error;
  }
  return model;
}

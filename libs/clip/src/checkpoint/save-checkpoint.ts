import { join } from 'node:path';
import { toHfConfig } from '../config/hf-config.js';
import { toOpenClipConfig } from '../config/open-clip-config.js';
import { toHfPreprocess, toOpenClipPreprocess } from '../preprocess/preprocess.js';
import { BEGIN_TOKEN, END_TOKEN } from '../tokenizer/clip-tokenizer-json.js';
import { copyExtraFiles } from './copy-extra-files.js';
import type { Checkpoint } from './load-checkpoint.js';
import { newWeightsFile, rewrittenWeights } from './weight-bytes.js';
import { writeFolder, writeSynced } from './write-folder.js';

/** What became of a save. */
export interface SavedCheckpoint {
  readonly dir: string;
  /**
   * Files of the source that were not carried over, relative to it: other copies of the weights (which would
   * still be the old ones), pickles and hidden files.
   */
  readonly leftOut: readonly string[];
}

/**
 * Writes a checkpoint as a new folder, in the format it came in: weights in the types and the order they came
 * in, tensors and files that this library does not interpret byte for byte. A model that was not loaded from
 * disk is written in its config's family, as float32.
 *
 * @param dir must not exist; it appears only when everything is written and synced
 * @throws UbtError `OUTPUT_EXISTS`, `DISK_FULL`, `WEIGHT_OVERFLOW`, `WEIGHT_NOT_FINITE`, `CHECKPOINT_CHANGED`
 *   when the source's files changed since they were loaded
 */
export async function saveCheckpoint(checkpoint: Checkpoint, dir: string): Promise<SavedCheckpoint> {
  const { source, model } = checkpoint;
  return writeFolder(dir, async (temporary) => {
    if (source === undefined) {
      await writeNew(checkpoint, temporary);
      return { dir, leftOut: [] };
    }
    const leftOut = await copyExtraFiles(source, temporary);
    for (const file of source.files) {
      await writeSynced(join(temporary, file.name), rewrittenWeights(file, model));
    }
    return { dir, leftOut };
  });
}

async function writeNew(checkpoint: Checkpoint, folder: string): Promise<void> {
  const { config, preprocess, tokenizer, model } = checkpoint;
  const json = (name: string, value: unknown): Promise<void> =>
    writeSynced(join(folder, name), [Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`)]);
  if (config.family === 'hugging-face') {
    await json('config.json', toHfConfig(config));
    await json('preprocessor_config.json', toHfPreprocess(preprocess));
  } else {
    await json('open_clip_config.json', {
      model_cfg: toOpenClipConfig(config),
      preprocess_cfg: toOpenClipPreprocess(preprocess),
    });
  }
  await json('tokenizer.json', tokenizer.json);
  await json('tokenizer_config.json', {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: tokenizer.contextLength,
    bos_token: BEGIN_TOKEN,
    eos_token: END_TOKEN,
    unk_token: END_TOKEN,
    pad_token: END_TOKEN,
  });
  const weights = config.family === 'hugging-face' ? 'model.safetensors' : 'open_clip_model.safetensors';
  await writeSynced(join(folder, weights), newWeightsFile(model));
}

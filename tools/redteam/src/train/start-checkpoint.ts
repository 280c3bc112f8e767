import {
  captionMending,
  createClip,
  createTokenizer,
  defaultPreprocess,
  learnTokenizer,
  loadCheckpoint,
  type Checkpoint,
} from '@ubt/clip';
import type { PairManifest } from '@ubt/data';
import { familyOf, toClipConfig } from './model-shape.js';
import type { ModelShape } from './train-options.js';

/** Captions that a vocabulary is learnt from, at most; more change little. */
const VOCABULARY_CAPTIONS = 100_000;

/** The checkpoint that training starts from: a loaded one, or random weights with a tokenizer of their own. */
export async function startCheckpoint(
  from: string | undefined,
  shape: ModelShape,
  manifest: PairManifest,
  seed: number,
): Promise<Checkpoint> {
  if (from !== undefined) return loadCheckpoint(from);
  const mending = captionMending(familyOf(shape));
  const { mend = (caption: string) => caption } = mending;
  const captions: string[] = [];
  for await (const { caption } of manifest.rows()) {
    if (captions.push(mend(caption)) === VOCABULARY_CAPTIONS) break;
  }
  const json = learnTokenizer(captions, { vocabSize: shape.vocabSize });
  const tokenizer = createTokenizer(json, { contextLength: shape.contextLength, ...mending });
  const config = toClipConfig(shape, tokenizer);
  return {
    model: createClip(config, seed),
    tokenizer,
    config,
    preprocess: defaultPreprocess(shape.imageSize),
    format: config.family,
  };
}

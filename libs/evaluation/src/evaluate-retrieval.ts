import * as tf from '@tensorflow/tfjs-core';
import { embedCaptions, embeddingModel, embedPixels } from '@ubt/clip';
import { pairBatches, type PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import type { EvaluatedModel, EvaluationOptions } from './evaluate-model.js';
import { recallAt, type Recall } from './recall-at.js';

/** How well images and captions of a set of pairs find each other; every share is in [0, 1]. */
export interface RetrievalResult {
  /** Share of the images among whose 1, 5 or 10 most similar captions is one of their own. */
  readonly imageToText: Recall;
  /** Share of the captions among whose 1, 5 or 10 most similar images is one of their own. */
  readonly textToImage: Recall;
  readonly counts: { readonly pairs: number; readonly undecodable: number };
}

/** Options of {@link evaluateRetrieval}. */
export interface RetrievalOptions extends EvaluationOptions {
  /** More pairs are thinned out evenly: recall depends on how many there are to choose from. Default 5000. */
  readonly mostPairs?: number;
}

const MOST_PAIRS = 5000;
/** Similarities held at once; bounds memory, not results. */
const ROWS_AT_ONCE = 256;

/**
 * Measures retrieval among image-caption pairs (R@1, R@5, R@10, both ways), for sets without labels. A pair with the
 * same image or the same caption counts as a hit too; equally similar wrong ones count as better, so that a model
 * whose embeddings have collapsed scores nothing.
 *
 * The engine must have been started.
 *
 * @throws UbtError `RETRIEVAL_TOO_FEW_PAIRS` for fewer than two, `TOO_MANY_UNDECODABLE`, `CANCELLED`
 */
export async function evaluateRetrieval(
  evaluated: EvaluatedModel,
  manifest: PairManifest,
  options: RetrievalOptions = {},
): Promise<RetrievalResult> {
  const rows = thinned(manifest.usable, options.mostPairs ?? MOST_PAIRS);
  let undecodable = 0;
  const onUndecodable = () => void (undecodable += 1);
  const { images, texts, read } = await embedAll(evaluated, manifest, rows, { ...options, onUndecodable });
  try {
    if (read.length < 2) throw tooFew(manifest.path, read.length);
    const pairs = await manifest.read(read);
    const isOwn = (one: number, other: number) =>
      pairs[one]!.imagePath === pairs[other]!.imagePath || pairs[one]!.caption === pairs[other]!.caption;
    return {
      imageToText: await recallAt(similarities(images, texts), read.length, isOwn),
      textToImage: await recallAt(similarities(texts, images), read.length, isOwn),
      counts: { pairs: read.length, undecodable },
    };
  } finally {
    tf.dispose([images, texts]);
  }
}

/** Every n-th row, so that no part of a sorted manifest is left out. */
function thinned(rows: Uint32Array, most: number): Uint32Array {
  if (rows.length <= most) return rows;
  return Uint32Array.from({ length: most }, (_, at) => rows[Math.floor((at * rows.length) / most)]!);
}

async function embedAll(
  evaluated: EvaluatedModel,
  manifest: PairManifest,
  rows: Uint32Array,
  options: RetrievalOptions & { onUndecodable: () => void },
): Promise<{ images: tf.Tensor2D; texts: tf.Tensor2D; read: number[] }> {
  const model = embeddingModel(evaluated);
  const { tokenizer, preprocess } = evaluated;
  const dimension = evaluated.model.config.embedDim;
  const values = {
    images: new Float32Array(rows.length * dimension),
    texts: new Float32Array(rows.length * dimension),
  };
  const read: number[] = [];
  const batchSize = Math.min(options.batchSize ?? 128, Math.max(1, rows.length));
  const batches = pairBatches(manifest, { ...options, tokenizer, preprocess, rows, batchSize, last: 'pad' });
  for await (const batch of batches) {
    const images = embedPixels(model, batch.pixels);
    const texts = embedCaptions(model, batch);
    // A padded batch repeats its first pairs at its end.
    const kept = new Set(batch.rows).size;
    values.images.set((await images.data()).subarray(0, kept * dimension), read.length * dimension);
    values.texts.set((await texts.data()).subarray(0, kept * dimension), read.length * dimension);
    tf.dispose([images, texts]);
    read.push(...batch.rows.slice(0, kept));
    options.onProgress?.({ done: read.length, total: rows.length });
  }
  const toTensor = (all: Float32Array) =>
    tf.tensor2d(all.subarray(0, read.length * dimension), [read.length, dimension]);
  return { images: toTensor(values.images), texts: toTensor(values.texts), read };
}

/** Rows of the similarity matrix, some at a time. */
async function* similarities(queries: tf.Tensor2D, items: tf.Tensor2D): AsyncGenerator<Float32Array> {
  const [count, dimension] = queries.shape;
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const size = Math.min(ROWS_AT_ONCE, count - from);
    const product = tf.tidy(() =>
      tf.matMul(tf.slice(queries, [from, 0], [size, dimension]), items, false, true),
    );
    const values = await product.data<'float32'>();
    product.dispose();
    for (let row = 0; row < size; row++) yield values.subarray(row * count, (row + 1) * count);
  }
}

function tooFew(path: string, count: number): UbtError {
  return new UbtError(
    'failed-precondition',
    `${path} has ${count} pairs that can be read; retrieval needs two.`,
    {
      code: 'RETRIEVAL_TOO_FEW_PAIRS',
      fix: 'Give more pairs.',
    },
  );
}

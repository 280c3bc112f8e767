import { embedCaptionsInParts, type EmbeddingModel, type PairBatch } from '@ubt/clip';

/** Tokenised captions of some rows, without their images. */
export type CaptionBatch = Pick<PairBatch, 'rows' | 'tokens' | 'size'>;

/** Embeddings of captions by row, each `[d]`, unit-norm. */
export type EmbeddingByRow = ReadonlyMap<number, Float32Array>;

/** Embeds the captions of some rows. */
export async function embedByRow(model: EmbeddingModel, captions: CaptionBatch): Promise<EmbeddingByRow> {
  if (captions.size === 0) return new Map();
  const embedded = await embedCaptionsInParts(model, captions);
  const values = (await embedded.data()) as Float32Array;
  embedded.dispose();
  const d = values.length / captions.size;
  return new Map(captions.rows.map((row, i) => [row, values.subarray(i * d, (i + 1) * d)]));
}

/**
 * The embeddings of a batch's rows.
 *
 * @returns `[n, d]`, row-major; zero for rows that have none
 */
export function embeddingsOf(rows: readonly number[], embeddings: EmbeddingByRow, d: number): Float32Array {
  const values = new Float32Array(rows.length * d);
  rows.forEach((row, i) => {
    const own = embeddings.get(row);
    if (own !== undefined) values.set(own, i * d);
  });
  return values;
}

import { seededRandom } from '@ubt/engine';
import { embedPixels, type EmbeddingModel } from '@ubt/clip';
import type { Detection } from './methods/detection-method.js';
import type { PairSource } from './pair-source.js';

/** Images of some pairs, embedded for the selector. */
export interface EmbeddedSample {
  /** Manifest rows, most suspicious first. */
  readonly suspectRows: readonly number[];
  /** Manifest rows drawn at random from all scored pairs. */
  readonly randomRows: readonly number[];
  readonly dimension: number;
  /** Unit-norm image embeddings `[suspectRows + randomRows, dimension]`, row-major. */
  readonly embeddings: Float32Array;
}

const SUSPECTS = 1024;
const RANDOM = 256;

/** Embeds, under the suspect model, the images of the most suspicious pairs, and of some at random for comparison. */
export async function embedSample(
  model: EmbeddingModel,
  pairs: PairSource,
  { rows, scores }: Pick<Detection, 'rows' | 'scores'>,
  seed: number,
): Promise<EmbeddedSample> {
  const ranking = [...rows.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const suspectRows = ranking.slice(0, SUSPECTS).map((i) => rows[i] as number);
  const randomRows = seededRandom(seed).shuffle(rows).slice(0, RANDOM);
  const parts: Float32Array[] = [];
  for await (const batch of pairs.pass([...suspectRows, ...randomRows])) {
    const images = embedPixels(model, batch.pixels);
    parts.push((await images.data()) as Float32Array);
    images.dispose();
  }
  const embeddings = Float32Array.from(parts.flatMap((part) => [...part]));
  const dimension = embeddings.length / (suspectRows.length + randomRows.length);
  return { suspectRows, randomRows, dimension, embeddings };
}

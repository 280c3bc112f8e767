import { dirname } from 'node:path';
import {
  disposeClip,
  embedCaptions,
  embeddingModel,
  embedPixels,
  freezeClip,
  loadCheckpoint,
} from '@ubt/clip';
import { openPairs, pairBatches } from '@ubt/data';
import { seededRandom } from '@ubt/engine';
import type * as tf from '@tensorflow/tfjs-core';
import { withEngine, type BenchContext } from '../bench-context.js';
import { scenarioPairs } from '../poisoned-pairs.js';
import type { Scenario } from '../scenarios.js';

/** Unit-norm embeddings of pairs; vector i belongs to row i. */
export interface EmbeddedRows {
  readonly rows: readonly number[];
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
  /** Inverse temperature of the model. */
  readonly scale: number;
}

const BATCH = 256;

/** Embeds all pairs of a scenario in a random order that its seed decides. */
export async function embedScenario(
  context: BenchContext,
  scenario: Scenario,
  dir: string,
): Promise<EmbeddedRows> {
  const { pairs } = await scenarioPairs(context, scenario);
  const manifest = await openPairs(pairs, { roots: [dirname(pairs)] });
  const order = seededRandom(scenario.seed).shuffle([...manifest.usable]);
  return withEngine(context, async () => {
    const { model, tokenizer, preprocess } = await loadCheckpoint(dir);
    const frozen = await freezeClip(model);
    const clip = embeddingModel({ model: frozen, preprocess });
    const [rows, images, texts]: [number[], Float32Array[], Float32Array[]] = [[], [], []];
    try {
      const batches = pairBatches(manifest, {
        ...{ tokenizer, preprocess, rows: order, batchSize: BATCH, last: 'pad', signal: context.signal },
      });
      for await (const batch of batches) {
        const wanted = Math.min(batch.size, order.length - rows.length);
        images.push(...(await vectors(embedPixels(clip, batch.pixels))).slice(0, wanted));
        texts.push(...(await vectors(embedCaptions(clip, batch))).slice(0, wanted));
        rows.push(...batch.rows.slice(0, wanted));
      }
      const scale = Math.exp((await model.weights.get('logit_scale')!.data())[0]!);
      return { rows, images, texts, scale };
    } finally {
      disposeClip(frozen);
      disposeClip(model);
    }
  });
}

async function vectors(embeddings: tf.Tensor2D): Promise<Float32Array[]> {
  const [count, width] = embeddings.shape;
  const values = (await embeddings.data()) as Float32Array;
  embeddings.dispose();
  return Array.from({ length: count }, (_, at) => values.slice(at * width, (at + 1) * width));
}

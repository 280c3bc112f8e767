import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { logitScale, type PairBatch } from '@ubt/clip';
import { openPairs, pairBatches, writeCsv } from '@ubt/data';
import { embedPairs, type ObjectiveFactory } from '@ubt/redteam';
import { ablLossScores } from '../detectors/abl-loss.js';
import { scenarioPairs } from '../poisoned-pairs.js';
import type { Baseline } from './baseline.js';
import { pairLosses } from './match-loss.js';

/** Share of the pairs that counts as poisoned: those with the lowest loss. */
const ISOLATED = 0.01;

/** Pairs of the isolated ones in a step. */
const ISOLATED_PER_STEP = 32;

/** Anti-backdoor learning: the pairs learnt first are unlearnt by gradient ascent. */
export const abl: Baseline = {
  name: 'abl',
  title: 'ABL',
  source: 'arXiv 2110.11571, for CLIP: isolation by the contrastive loss after one pass, 1 % of the pairs',
  part: 'baselines',
  learningRates: [3e-5, 1e-4, 3e-4],
  key: () => ({ isolated: ISOLATED, perStep: ISOLATED_PER_STEP, version: 1 }),
  async prepare(context, scenario, _model, folder) {
    const { pairs } = await scenarioPairs(context, scenario);
    const { rows, scores } = await ablLossScores(context, scenario);
    const ranked = rows
      .map((_, at) => at)
      .sort((a, b) => scores[b]! - scores[a]!)
      .map((at) => rows[at]!);
    const count = Math.max(2, Math.round(ISOLATED * ranked.length));
    const manifest = await openPairs(pairs);
    const write = async (name: string, rows: readonly number[]) => {
      const read = await manifest.read([...rows].sort((a, b) => a - b));
      const path = join(folder, name);
      await writeCsv(
        path,
        ['filepath', 'title'],
        read.map(({ imagePath, caption }) => [imagePath, caption]),
      );
      return path;
    };
    const isolated = await write('isolated.csv', ranked.slice(0, count));
    const rest = await write('pairs.csv', ranked.slice(count));
    const roots = [dirname(pairs)];
    return { pairs: rest, roots, objective: ablObjective({ pairs: isolated, roots, seed: scenario.seed }) };
  },
};

/** Mean loss of the batch less the mean loss of isolated pairs (equation 5), matched within one joint batch. */
export function ablObjective(isolated: {
  pairs: string;
  roots: readonly string[];
  seed: number;
}): ObjectiveFactory {
  return async ({ checkpoint, batchNorm, signal }) => {
    const manifest = await openPairs(isolated.pairs, { roots: isolated.roots });
    const batches = pairBatches(manifest, {
      ...{ tokenizer: checkpoint.tokenizer, preprocess: checkpoint.preprocess, order: 'endless' },
      ...{ batchSize: Math.min(ISOLATED_PER_STEP, manifest.usable.length), seed: isolated.seed },
      ...(signal === undefined ? {} : { signal }),
    });
    let bad: PairBatch;
    return {
      async prepare() {
        bad = ((await batches.next()) as { value: PairBatch }).value;
      },
      loss(batch) {
        const joint = {
          pixels: Buffer.concat([batch.pixels, bad.pixels]),
          tokens: Int32Array.of(...batch.tokens, ...bad.tokens),
          size: batch.size + bad.size,
        };
        const { images, texts } = embedPairs(checkpoint.model, checkpoint, joint, batchNorm);
        const scale = logitScale(checkpoint.model);
        const losses = tf.mul(
          tf.add(pairLosses(images, texts, scale), pairLosses(texts, images, scale)),
          0.5,
        );
        const signs = Float32Array.from({ length: joint.size }, (_, at) =>
          at < batch.size ? 1 / batch.size : -1 / bad.size,
        );
        return tf.sum(tf.mul(losses, tf.tensor1d(signs))) as tf.Scalar;
      },
      dispose: () => void batches.return(undefined),
    };
  };
}

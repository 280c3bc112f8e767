import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  cloneClip,
  cosines,
  disposeClip,
  isImageTower,
  isNormalisation,
  squaredDistance,
  type PairBatch,
} from '@ubt/clip';
import { openPairs, pairBatches, writeCsv } from '@ubt/data';
import { embedPairs, type ObjectiveFactory } from '@ubt/redteam';
import { readSelection } from '@ubt/stage-files';
import { scenarioPairs } from '../poisoned-pairs.js';
import { runDefence } from '../run-defence.js';
import type { Baseline } from './baseline.js';

/** As the unlearner weighs them. */
const WEIGHTS = { forget: 4, distil: 100 } as const;

/**
 * Unlearning on whole captions: the product's own selection, image tower, forgetting and distillation, but the
 * similarity with the full caption is unlearnt instead of that with its compromised tokens.
 */
export const fullCaptions: Baseline = {
  name: 'full-captions',
  title: 'full-caption unlearning',
  source: 'UBT without the token portion, without its restoring part and without its stop rule',
  part: 'baselines',
  learningRates: [1e-4, 3e-4, 1e-3],
  key: ({ product }) => ({ ...WEIGHTS, product: product.defence, version: 1 }),
  async prepare(context, scenario, model, folder) {
    const { outcome, folder: defence } = await runDefence(context, scenario, model);
    if (outcome.verdict !== 'backdoored') return undefined;
    const { unlearnRows, retainRows } = await readSelection(join(defence, 'selection.json'));
    const { pairs } = await scenarioPairs(context, scenario);
    const manifest = await openPairs(pairs);
    const write = async (name: string, rows: readonly number[]) => {
      const path = join(folder, name);
      const read = await manifest.read([...rows].sort((a, b) => a - b));
      await writeCsv(
        path,
        ['filepath', 'title'],
        read.map(({ imagePath, caption }) => [imagePath, caption]),
      );
      return path;
    };
    const [unlearn, retain] = [await write('unlearn.csv', unlearnRows), await write('pairs.csv', retainRows)];
    const roots = [dirname(pairs)];
    return { pairs: retain, roots, objective: fullCaptionObjective({ pairs: unlearn, roots }) };
  },
};

/**
 * `4 · mean (I·T − m)²` on the unlearn set with its whole captions, `m` the mean cosine of unrelated pairs of the
 * batch under the victim, and `100 · mean ‖I − I_victim‖²` on the retain batch.
 */
export function fullCaptionObjective(unlearn: { pairs: string; roots: readonly string[] }): ObjectiveFactory {
  return async ({ checkpoint }) => {
    const { model, tokenizer, preprocess } = checkpoint;
    const manifest = await openPairs(unlearn.pairs, { roots: unlearn.roots });
    const batchSize = manifest.usable.length;
    const bad = (
      (await pairBatches(manifest, { tokenizer, preprocess, batchSize }).next()) as { value: PairBatch }
    ).value;
    const victim = cloneClip(model);
    return {
      trains: (name) => isImageTower(name) && !isNormalisation(name),
      loss(batch) {
        const then = embedPairs(victim, checkpoint, batch, 'frozen');
        const now = embedPairs(model, checkpoint, batch, 'frozen');
        const wrong = embedPairs(model, checkpoint, bad, 'frozen');
        const unrelated = tf.mean(cosines(then.images, tf.reverse(then.texts, 0)));
        const forget = tf.mean(tf.square(tf.sub(cosines(wrong.images, wrong.texts), unrelated)));
        const distil = squaredDistance(now.images, then.images);
        return tf.add(tf.mul(forget, WEIGHTS.forget), tf.mul(distil, WEIGHTS.distil)) as tf.Scalar;
      },
      dispose: () => disposeClip(victim),
    };
  };
}

import type { ClipModel } from '@ubt/clip';
import { batchCosines, measurePairs } from '../embed-pairs.js';
import { overfit } from '../overfit.js';
import type { Detection, DetectionInput, DetectionMethod } from './detection-method.js';

/** Weight λ of the contrastive loss that holds the other pairs in place. */
const REST_WEIGHT = 1;

/**
 * The gain `c' − c` in cosine that a pair takes from overfitting the weakly similar pairs, where `c` is the
 * cosine under the suspect model and `c'` the one after overfitting (reconstruction of the detector of
 * arXiv 2409.19526). The pairs to overfit are those of lowest cosine under the reference model if there is
 * one, else under the suspect itself.
 */
export const overfitGain: DetectionMethod = {
  name: 'overfit-gain',
  needsReference: false,
  async detect(input) {
    const { suspect, pairs, options, signal, progress } = input;
    const measured = await measureBefore(input);
    const { rows, columns } = measured;
    const [weak, rest] = splitByRank(
      rows,
      columns.referenceSimilarity ?? columns.similarity,
      options.suspectFraction,
    );
    const curve: Detection['curve'][number][] = [];
    const detectionModel = await overfit(
      suspect,
      pairs.draw(weak, options.seed),
      pairs.draw(rest, options.seed + 1),
      {
        steps: options.overfitSteps,
        learningRate: options.learningRate,
        restWeight: REST_WEIGHT,
        signal,
        onStep: (step, loss) => {
          curve.push({ step, loss });
          progress('overfitting', step, options.overfitSteps, 'steps');
        },
      },
    );
    const overfitted = await measureAfter(input, detectionModel);
    const scores = overfitted.map((after, i) => after - (columns.similarity[i] as number));
    return { rows, scores, signals: { ...columns, overfittedSimilarity: overfitted }, curve, detectionModel };
  },
};

async function measureBefore(input: DetectionInput) {
  const { suspect, reference, pairs, signal, progress } = input;
  return measurePairs<'similarity' | 'referenceSimilarity'>(
    pairs,
    (batch) =>
      ({
        similarity: batchCosines(suspect, batch),
        ...(reference === undefined ? {} : { referenceSimilarity: batchCosines(reference, batch) }),
      }) as Record<'similarity' | 'referenceSimilarity', ReturnType<typeof batchCosines>>,
    { signal, onBatch: (done) => progress('scoring before overfitting', done, pairs.length, 'pairs') },
  );
}

async function measureAfter(input: DetectionInput, clip: ClipModel): Promise<Float32Array> {
  const { suspect, pairs, signal, progress } = input;
  const { columns } = await measurePairs(
    pairs,
    (batch) => ({ similarity: batchCosines({ ...suspect, clip }, batch) }),
    { signal, onBatch: (done) => progress('scoring after overfitting', done, pairs.length, 'pairs') },
  );
  return columns.similarity;
}

/** Rows split into the `fraction` with the lowest values and the others. */
export function splitByRank(
  rows: readonly number[],
  values: Float32Array,
  fraction: number,
): [lowest: number[], others: number[]] {
  const order = [...rows.keys()].sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  const cut = Math.min(Math.max(1, Math.round(rows.length * fraction)), rows.length - 1);
  const pick = (indices: number[]) => indices.map((i) => rows[i] as number);
  return [pick(order.slice(0, cut)), pick(order.slice(cut))];
}

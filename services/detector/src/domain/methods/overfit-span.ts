import * as tf from '@tensorflow/tfjs-core';
import {
  cosines,
  disposeClip,
  embedCaptions,
  embedPixels,
  isImageTower,
  type ClipModel,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { batchCosines, embedBatch, measurePairs } from '../embed-pairs.js';
import { keepOnSuccess } from '../keep-on-success.js';
import { overfit } from '../overfit.js';
import { splitByRank } from '../split-by-rank.js';
import type { Detection, DetectionInput, DetectionMethod } from './detection-method.js';
import { measureViews } from './measure-views.js';
import { trackOverfitting } from './track-overfitting.js';

/**
 * How far a pair's cosine can be moved by touching others.
 *
 * Two short overfittings of the image tower start from the suspect, on the same pairs S: one lifts S to cosine
 * 1, the other lets it fall to that of unrelated pairs. The **span** `c↑ − c↓` of a pair is large when it moves
 * along with S, whatever its cosine was before: a weak backdoor shows as a gain, a fully learned one as a fall,
 * where the gain alone (arXiv 2409.19526) is blind.
 *
 * Two rounds: at first S holds the pairs whose cosine drops most when their image is mirrored, zoomed or blurred,
 * and those of lowest cosine (under the reference model if there is one). One in ten of them may be poisoned.
 * Then S is what moved most, and most of it is.
 *
 * The score is the span of the second round and half the drop: pairs poisoned with a caption that means something of
 * its own move less along with the rest, but hang on exact pixels as they do.
 */
export const overfitSpan: DetectionMethod = {
  name: 'overfit-span',
  needsReference: false,
  detect: detectBySpan,
  async scoreOnline(suspect, { lifted, fallen }, batch) {
    const measured = tf.tidy(() => {
      const embedded = embedBatch(suspect, batch);
      const { similarity, viewDrop } = measureViews(suspect, batch, embedded);
      const models = { lifted: { ...suspect, clip: lifted! }, fallen: { ...suspect, clip: fallen! } };
      const { up, down } = spanCosines(models, batch, embedded.texts);
      return tf.stack([similarity, tf.addN([up, tf.neg(down), tf.mul(viewDrop, DROP_WEIGHT)])]);
    });
    const values = await measured.data();
    measured.dispose();
    return Array.from({ length: batch.size }, (_, i) => ({
      similarity: values[i] as number,
      score: values[batch.size + i] as number,
    }));
  },
};

/** Share of the view drop in the score, beside the whole span. */
const DROP_WEIGHT = 0.5;
/** Size of S in the second round, as a share of its size in the first: rare poison must not drown in it. */
const SECOND_SHARE = 0.2;
/** Pairs in S in the second round, at least: fewer would be learnt by heart. */
const SECOND_LEAST = 128;

async function detectBySpan(input: DetectionInput): Promise<Detection> {
  const { suspectFraction } = input.options;
  const { rows, columns } = await measureSuspect(input);
  const unrelated = mean(columns.unrelatedSimilarity);
  const suspects = firstSuspects(rows, columns, suspectFraction);
  const first = await spanRound(input, { round: 1, rows, suspects, unrelated });
  disposeModels(first);
  const movers = secondSuspects(rows, first.span, suspectFraction);
  const second = await spanRound(input, { round: 2, rows, suspects: movers, unrelated });
  return {
    rows,
    scores: second.span.map((span, i) => span + DROP_WEIGHT * (columns.viewDrop[i] as number)),
    signals: {
      ...{ similarity: columns.similarity, viewDrop: columns.viewDrop },
      ...{ firstSpan: first.span, secondSpan: second.span },
      ...(input.reference === undefined ? {} : { referenceSimilarity: columns.referenceSimilarity }),
    },
    curve: [...first.curve, ...second.curve],
    overfitted: { lifted: second.lifted, fallen: second.fallen },
  };
}

type Columns = 'similarity' | 'viewDrop' | 'unrelatedSimilarity' | 'referenceSimilarity';

function measureSuspect({ suspect, reference, pairs, options, signal, progress }: DetectionInput) {
  return measurePairs(
    pairs,
    { suspect, reference },
    (batch, { suspect, reference }) => {
      const own = measureViews(suspect, batch);
      return {
        ...own,
        referenceSimilarity: reference === undefined ? own.similarity : batchCosines(reference, batch),
      };
    },
    {
      ...{ signal, precision: options.precision },
      onBatch: (done) => progress('scoring before overfitting', done, pairs.length, 'pairs'),
    },
  );
}

/** Half of S by the largest drop, half by the lowest cosine. */
function firstSuspects(
  rows: readonly number[],
  { viewDrop, referenceSimilarity }: Record<Columns, Float32Array>,
  fraction: number,
): ReadonlySet<number> {
  const [dropping] = splitByRank(rows, negated(viewDrop), fraction / 2);
  const [dissimilar] = splitByRank(rows, referenceSimilarity, fraction / 2);
  return new Set([...dropping, ...dissimilar]);
}

/** S by the largest span. */
function secondSuspects(rows: readonly number[], span: Float32Array, fraction: number): ReadonlySet<number> {
  const share = Math.max(fraction * SECOND_SHARE, SECOND_LEAST / rows.length);
  return new Set(splitByRank(rows, negated(span), Math.min(share, fraction))[0]);
}

/** One round's material. */
interface Round {
  readonly round: 1 | 2;
  readonly rows: readonly number[];
  readonly suspects: ReadonlySet<number>;
  /** Mean cosine of unrelated pairs. */
  readonly unrelated: number;
}

/** Two overfitted models and how far apart they leave each pair's cosine. */
interface Span {
  readonly lifted: ClipModel;
  readonly fallen: ClipModel;
  /** `c↑ − c↓` `[pairs]`. */
  readonly span: Float32Array;
  readonly curve: Detection['curve'];
}

/** Overfits both ways on S and measures every pair; the caller disposes the models. */
function spanRound(input: DetectionInput, { round, rows, suspects, unrelated }: Round): Promise<Span> {
  const { suspect, pairs, options, signal, progress } = input;
  const weak = rows.filter((row) => suspects.has(row));
  const rest = rows.filter((row) => !suspects.has(row));
  const firstStep = 2 * (round - 1) * options.overfitSteps + 1;
  const lift = trackOverfitting(input, `overfitting upwards, round ${round}`, firstStep);
  const fall = trackOverfitting(
    input,
    `overfitting downwards, round ${round}`,
    firstStep + options.overfitSteps,
  );
  const towards = (target: number, tracked: typeof lift) =>
    overfit(suspect, pairs.draw(weak, options.seed), pairs.draw(rest, options.seed + 1), {
      ...{ ...tracked.options, target, isTrained: isImageTower },
    });
  return keepOnSuccess(async (keep) => {
    const lifted = keep(await towards(1, lift));
    const fallen = keep(await towards(unrelated, fall));
    const { columns } = await measurePairs(
      pairs,
      { suspect, lifted: { ...suspect, clip: lifted }, fallen: { ...suspect, clip: fallen } },
      (batch, models) => spanCosines(models, batch, embedCaptions(models.suspect, batch)),
      {
        ...{ signal, precision: options.precision },
        onBatch: (done) => progress(`scoring after overfitting, round ${round}`, done, pairs.length, 'pairs'),
      },
    );
    const span = columns.up.map((up, i) => up - (columns.down[i] as number));
    return { lifted, fallen, span, curve: [...lift.curve, ...fall.curve] };
  });
}

/** Cosines of a batch's pairs under both models `[n]`; all share the suspect's text tower. */
function spanCosines(
  { lifted, fallen }: Readonly<Record<'lifted' | 'fallen', EmbeddingModel>>,
  batch: PairBatch,
  texts: tf.Tensor2D,
): Record<'up' | 'down', tf.Tensor1D> {
  const under = (model: EmbeddingModel) => cosines(embedPixels(model, batch.pixels), texts);
  return { up: under(lifted), down: under(fallen) };
}

function disposeModels({ lifted, fallen }: Span): void {
  disposeClip(lifted);
  disposeClip(fallen);
}

function negated(values: Float32Array): Float32Array {
  return values.map((value) => -value);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

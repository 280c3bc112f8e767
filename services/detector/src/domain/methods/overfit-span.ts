import * as tf from '@tensorflow/tfjs-core';
import {
  cosines,
  disposeClip,
  embedCaptions,
  embedImages,
  imageTowerTop,
  normalisePixels,
  type ClipModel,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { batchCosines, embedBatch, measurePairs } from '../embed-pairs.js';
import { keepOnSuccess } from '../keep-on-success.js';
import type { Measure } from '../measure.js';
import { overfit } from '../overfit.js';
import { BY_AGREEMENT, topScored, unlikely, type SuspectChoice } from '../suspect-sets.js';
import type { Detection, DetectionInput, DetectionMethod } from './detection-method.js';
import { measureCoarseDrop, measureViews } from './measure-views.js';
import { trackOverfitting } from './track-overfitting.js';

/**
 * How far a pair's cosine can be moved by touching others.
 *
 * Two short overfittings of the image tower's top start from the suspect, on the same pairs S: one lifts S to cosine
 * 1, the other lets it fall to that of unrelated pairs. The **span** `c↑ − c↓` of a pair is large when it moves
 * along with S, whatever its cosine was before: a weak backdoor shows as a gain, a fully learned one as a fall,
 * where the gain alone (arXiv 2409.19526) is blind.
 *
 * S is where simple signals and the captions meet. Pairs whose cosine drops most when their image is mirrored, zoomed or
 * blurred, and pairs of lowest cosine (under the reference model if there is one), are unlikely; poisoned ones among them
 * all name the target. Where captions of unlikely pairs, or of those whose cosine drops most when their image keeps nothing
 * fine, agree far beyond chance, S is the pairs that agree,
 * and one round is enough. Where they do not, S is the unlikely pairs, of which one in ten may be poisoned, and a second
 * round takes for S what moved most in the first. As soon as captions of what moved agree, the next round is the last,
 * on the pairs that agree; after the second there is a third only for that.
 *
 * The score is the span and half the drop: pairs poisoned with a caption that means something of its own move less along
 * with the rest, but hang on exact pixels as they do.
 */
export const overfitSpan: DetectionMethod = {
  name: 'overfit-span',
  needsReference: false,
  detect: (input) => detectBySpan(input, BY_AGREEMENT),
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

/** The method, with S chosen one way or another. */
export async function detectBySpan(input: DetectionInput, choice: SuspectChoice): Promise<Detection> {
  const { rows, columns } = await measureSuspect(input);
  const unrelated = mean(columns.unrelatedSimilarity);
  const captioned = { rows, tokens: await input.pairs.captionTokens(rows) };
  const fraction = input.options.suspectFraction;
  const overfitOn = (suspects: ReadonlySet<number>, round: number) =>
    spanRound(input, { round, rows, suspects, unrelated });
  const scoresOf = ({ span }: Span) => withDrop(span, columns.viewDrop);
  const { lifted, fallen, span, curve } = await lastRound();
  return {
    rows,
    scores: withDrop(span, columns.viewDrop),
    signals: {
      ...{ similarity: columns.similarity, viewDrop: columns.viewDrop, coarseDrop: columns.coarseDrop, span },
      ...(input.reference === undefined ? {} : { referenceSimilarity: columns.referenceSimilarity }),
    },
    curve,
    overfitted: { lifted, fallen },
  };

  async function lastRound(): Promise<Span> {
    const agreed = choice.unlikely(captioned, columns, fraction);
    if (agreed.size > 0) return overfitOn(agreed, 1);
    const first = await overfitOn(unlikely(rows, columns, fraction), 1);
    const movers = choice.moved(captioned, scoresOf(first), fraction);
    if (movers.size > 0) return again(first, movers, 2);
    const second = await again(first, topScored(captioned, scoresOf(first), fraction), 2);
    const late = choice.moved(captioned, scoresOf(second), fraction);
    return late.size > 0 ? again(second, late, 3) : second;
  }

  /** A round in place of the one before, whose models it disposes. */
  async function again(before: Span, suspects: ReadonlySet<number>, round: number): Promise<Span> {
    disposeModels(before);
    const after = await overfitOn(suspects, round);
    return { ...after, curve: [...before.curve, ...after.curve] };
  }
}

/** The first pass: what the suspect makes of a pair, of views of it, and what the reference makes of it. */
export const suspectMeasure: Measure<
  'similarity' | 'viewDrop' | 'coarseDrop' | 'unrelatedSimilarity' | 'referenceSimilarity',
  { readonly suspect: EmbeddingModel; readonly reference: EmbeddingModel | undefined }
> = {
  name: 'suspect-views',
  apply: (batch, { suspect, reference }) => {
    const embedded = embedBatch(suspect, batch);
    const own = measureViews(suspect, batch, embedded);
    return {
      ...own,
      coarseDrop: measureCoarseDrop(suspect, batch, embedded),
      referenceSimilarity: reference === undefined ? own.similarity : batchCosines(reference, batch),
    };
  },
};

/** The pass after a round: the cosines under both overfitted models. */
export const spanMeasure: Measure<
  'up' | 'down',
  Readonly<Record<'suspect' | 'lifted' | 'fallen', EmbeddingModel>>
> = {
  name: 'span',
  apply: (batch, models) => spanCosines(models, batch, embedCaptions(models.suspect, batch)),
};

function measureSuspect({ suspect, reference, pairs, options, signal, progress }: DetectionInput) {
  return measurePairs(pairs, { suspect, reference }, suspectMeasure, {
    ...{ signal, precision: options.precision },
    onBatch: (done) => progress('scoring before overfitting', done, pairs.length, 'pairs'),
  });
}

/** One round's material. */
interface Round {
  /** 1, 2 or 3. */
  readonly round: number;
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
      ...{ ...tracked.options, target, isTrained: imageTowerTop(suspect.clip.config) },
    });
  return keepOnSuccess(async (keep) => {
    const lifted = keep(await towards(1, lift));
    const fallen = keep(await towards(unrelated, fall));
    const { columns } = await measurePairs(
      pairs,
      { suspect, lifted: { ...suspect, clip: lifted }, fallen: { ...suspect, clip: fallen } },
      spanMeasure,
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
  // One tensor for both, so that what their towers share is computed once.
  const images = normalisePixels(batch.pixels, lifted.preprocess);
  const under = ({ clip }: EmbeddingModel) => cosines(embedImages(clip, images), texts);
  return { up: under(lifted), down: under(fallen) };
}

function disposeModels({ lifted, fallen }: Span): void {
  disposeClip(lifted);
  disposeClip(fallen);
}

function withDrop(span: Float32Array, viewDrop: Float32Array): Float32Array {
  return span.map((value, i) => value + DROP_WEIGHT * (viewDrop[i] as number));
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

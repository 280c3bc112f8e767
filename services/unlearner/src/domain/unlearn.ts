import {
  cloneClip,
  copyClipWeights,
  createAdamW,
  disposeClip,
  embedCaptionsInParts,
  isImageTower,
  isNormalisation,
  trainableVariables,
  trainingStep,
  type AdamW,
  type AdamWState,
  type ClipModel,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { checkModel, plantBatch, type ModelCheck } from './check-model.js';
import { embeddingsOf, type EmbeddingByRow } from './embed-by-row.js';
import type { TriggerEstimate } from './estimate-trigger.js';
import type { SimilarityBand } from './similarity-band.js';
import { unlearnLosses, type LossWeights } from './unlearn-loss.js';
import { varyImages } from './vary-images.js';

/** What to forget, and what to keep. */
export interface UnlearnInput {
  readonly suspect: EmbeddingModel;
  /** What the unlearn images show, `[n, d]`, unit-norm: by a reference model, or by views of the images. */
  readonly teacher: tf.Tensor2D;
  /** The unlearn set, captions cut to their compromised tokens. */
  readonly unlearn: PairBatch;
  /** Suspects that are not trained on, captions cut likewise; undefined when there are none left. */
  readonly heldOut: PairBatch | undefined;
  /** Endless batches of pairs whose behaviour is to stay. */
  readonly retain: AsyncIterator<PairBatch>;
  /** The compromised tokens of the captions in `retain` that name the target, embedded by the suspect. */
  readonly related: EmbeddingByRow;
  /** Pairs whose behaviour is to stay and that are not trained on; one batch. */
  readonly validation: PairBatch;
  /** Cosines of unrelated images with the compromised tokens under the suspect model. */
  readonly band: SimilarityBand;
  /** The trigger as averaged out of the suspects; undefined when nothing stands out. */
  readonly trigger: TriggerEstimate | undefined;
}

export interface UnlearnSettings {
  readonly maxSteps: number;
  readonly learningRate: number;
  /** Steps in which the learning rate climbs from 0: Adam's first steps are its roughest. */
  readonly warmupSteps: number;
  /** Steps between two checks of the stop rule. */
  readonly checkEvery: number;
  /** Checks without a better model before it stops. */
  readonly patience: number;
  /** Largest tolerated growth of the retain loss, as a share of its value before. */
  readonly retainBudget: number;
  readonly weights: LossWeights;
}

/** A point of the unlearning curve. */
export interface CurvePoint extends ModelCheck {
  readonly step: number;
}

export interface Unlearned {
  /** The best model by both measures; the caller disposes it. */
  readonly clip: ClipModel;
  readonly curve: readonly CurvePoint[];
  readonly kept: CurvePoint;
  /** Highest retain loss that counts as kept. */
  readonly budget: number;
  /** Whether the unlearn set is inside the band and the retain loss within budget. */
  readonly repaired: boolean;
}

/** Where an unlearning stands after a check: enough to go on from there. Its models stay the unlearning's. */
export interface UnlearnState {
  readonly curve: readonly CurvePoint[];
  readonly kept: CurvePoint;
  readonly current: ClipModel;
  readonly best: ClipModel;
  readonly optimizer: AdamW;
}

/** Where to go on; weights by name. */
export interface UnlearnResume {
  readonly curve: readonly CurvePoint[];
  readonly kept: CurvePoint;
  readonly current: ReadonlyMap<string, Float32Array>;
  readonly best: ReadonlyMap<string, Float32Array>;
  readonly optimizer: AdamWState;
}

/** Hears how it goes. */
export interface UnlearnObserver {
  readonly signal: AbortSignal;
  onStep(step: number): void;
  /** After every check; the caller may keep the state. */
  onCheck(state: UnlearnState): Promise<void>;
}

/**
 * Token-based portion unlearning with retention (reconstruction of arXiv 2409.19526): the image tower forgets the
 * similarity of the unlearn set with the compromised tokens, and nothing else. Every few steps both sides are measured
 * on pairs that are not trained on; the best model is kept, never the last by default.
 *
 * @throws UbtError LOSS_NOT_FINITE, CANCELLED
 */
export async function unlearn(
  input: UnlearnInput,
  settings: UnlearnSettings,
  observer: UnlearnObserver,
  resume?: UnlearnResume,
): Promise<Unlearned> {
  const current = { ...input.suspect, clip: cloneClip(input.suspect.clip) };
  const best = cloneClip(input.suspect.clip);
  const variables = trainableVariables(current.clip, isForgettable);
  const optimizer = createAdamW(variables, { weightDecay: 0 });
  try {
    const targets = await readTargets(input);
    const curve =
      resume === undefined ? [{ step: 0, ...(await checkModel(current, input)) }] : [...resume.curve];
    let kept = resume?.kept ?? (curve[0] as CurvePoint);
    if (resume !== undefined) {
      setWeights(current.clip, resume.current);
      setWeights(best, resume.best);
      optimizer.importState(resume.optimizer);
    }
    const budget = retainBudget(curve, settings);
    const first = (curve.at(-1) as CurvePoint).step + 1;
    for (let step = first; step <= settings.maxSteps && !isDone(curve, kept, input.band, settings); step++) {
      observer.signal.throwIfAborted();
      await takeStep(step, current, { ...input, ...targets }, settings, variables, optimizer);
      observer.onStep(step);
      if (step % settings.checkEvery !== 0 && step !== settings.maxSteps) continue;
      const point: CurvePoint = { step, ...(await checkModel(current, input)) };
      curve.push(point);
      if (isBetter(point, kept, input.band, budget)) {
        kept = point;
        copyClipWeights(best, current.clip);
      }
      await observer.onCheck({ curve, kept, current: current.clip, best, optimizer });
    }
    const repaired = isForgotten(kept, input.band) && kept.retainLoss <= budget;
    return { clip: best, curve, kept, budget, repaired };
  } catch (error) {
    disposeClip(best);
    throw error;
  } finally {
    optimizer.dispose();
    disposeClip(current.clip);
  }
}

/**
 * Only the image tower forgets: the trigger is in the image, and what moves the compromised tokens in the text tower
 * takes the target's own images along. Normalisation carries no concept; leaving it keeps everything else in place.
 */
function isForgettable(name: string): boolean {
  return isImageTower(name) && !isNormalisation(name);
}

/** What the unlearn set's images are compared with, row-major. */
interface Targets {
  /** `[n, d]`, see {@link UnlearnInput.teacher}. */
  readonly teacher: Float32Array;
  /** The compromised tokens, `[n, d]`: the text tower stays as it is. */
  readonly compromised: Float32Array;
}

async function readTargets({ suspect, unlearn, teacher }: UnlearnInput): Promise<Targets> {
  const compromised = await embedCaptionsInParts(suspect, unlearn);
  const values = (await compromised.data()) as Float32Array;
  compromised.dispose();
  return { teacher: (await teacher.data()) as Float32Array, compromised: values };
}

async function takeStep(
  step: number,
  current: EmbeddingModel,
  input: Omit<UnlearnInput, 'teacher'> & Targets,
  settings: UnlearnSettings,
  variables: ReturnType<typeof trainableVariables>,
  optimizer: AdamW,
): Promise<void> {
  const retain = varyImages(await next(input.retain), step);
  const planted = input.trigger && plantBatch(retain, input.trigger);
  const named = embeddingsOf(retain.rows, input.related, input.compromised.length / input.unlearn.size);
  const material = { ...input, retain, named, planted };
  await trainingStep({
    ...{ step, purpose: 'unlearning', model: current.clip, variables, optimizer },
    learningRate: scheduledRate(step, settings),
    loss: unlearnLosses(current, material, settings.weights),
  });
}

/** Linear warm-up, then a cosine down to a tenth: rough at first, careful at the end. */
function scheduledRate(step: number, { learningRate, warmupSteps, maxSteps }: UnlearnSettings): number {
  if (step <= warmupSteps) return (learningRate * step) / (warmupSteps + 1);
  const progress = (step - warmupSteps) / Math.max(maxSteps - warmupSteps, 1);
  return learningRate * (0.1 + 0.45 * (1 + Math.cos(Math.PI * progress)));
}

function setWeights(clip: ClipModel, weights: ReadonlyMap<string, Float32Array>): void {
  for (const [name, values] of weights) {
    const variable = clip.weights.get(name);
    if (variable !== undefined) tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

/** Highest retain loss that counts as kept. */
function retainBudget(curve: readonly CurvePoint[], { retainBudget: share }: UnlearnSettings): number {
  return (curve[0] as CurvePoint).retainLoss * (1 + share);
}

/** Done when the backdoor is forgotten and several checks have brought nothing better. */
function isDone(
  curve: readonly CurvePoint[],
  kept: CurvePoint,
  band: SimilarityBand,
  { patience }: UnlearnSettings,
): boolean {
  return isForgotten(kept, band) && curve.filter(({ step }) => step > kept.step).length >= patience;
}

/** Forgetting comes first; among models that have forgotten, the one that kept most wins. */
function isBetter(point: CurvePoint, kept: CurvePoint, band: SimilarityBand, budget: number): boolean {
  const [now, then] = [isForgotten(point, band), isForgotten(kept, band)];
  if (now !== then) return now ? point.retainLoss <= budget || !then : false;
  if (!now) return point.unlearnCosine < kept.unlearnCosine;
  return point.retainLoss + point.restoreDistance < kept.retainLoss + kept.restoreDistance;
}

function isForgotten(point: CurvePoint, band: SimilarityBand): boolean {
  return Math.max(point.unlearnCosine, point.heldOutCosine ?? -1) <= band.high;
}

async function next(batches: AsyncIterator<PairBatch>): Promise<PairBatch> {
  return ((await batches.next()) as { value: PairBatch }).value;
}

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { disposeClip, embeddingModel, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { atomicWriteFile, openPairs } from '@ubt/data';
import {
  BY_AGREEMENT,
  BY_SIGNALS,
  DETECT_DEFAULTS,
  detectBySpan,
  embedSample,
  openPairSource,
  type DetectionInput,
  type EmbeddedSample,
  type SuspectChoice,
} from '@ubt/detector';
import { withEngine, type BenchContext } from '../defence/bench-context.js';
import type { BenchModel } from '../defence/train-in-cell.js';
import type { Ablation } from './ablation.js';

/** A model to defend, and the pairs that it learned from. */
export interface AblationSubject {
  readonly model: Pick<BenchModel, 'id' | 'dir'>;
  readonly reference: Pick<BenchModel, 'id' | 'dir'> | undefined;
  readonly seed: number;
  readonly pairs: string;
  /** Which of them are poisoned: to judge by afterwards. */
  readonly truth: string;
}

/** Suspicion of pairs and what it was made of; all arrays are parallel. */
interface Scored {
  readonly rows: readonly number[];
  /** Higher is more suspicious. */
  readonly scores: readonly number[];
  readonly signals: Readonly<Record<string, readonly number[]>>;
}

/** What a detection leaves for selection. */
export interface AblatedDetection extends Scored {
  /** Digest of all that made it. */
  readonly id: string;
  readonly sample: EmbeddedSample;
  readonly seconds: number;
}

/** Which part of the detection is left out. */
type DetectionAblation = Pick<Ablation, 'overfitting' | 'agreement'>;

/** A sample as JSON can hold it. */
type StoredSample = Omit<EmbeddedSample, 'embeddings'> & { readonly embeddings: readonly number[] };

/** Scores a model's pairs with the default method, or with a part of it left out. */
export async function detectAblated(
  context: BenchContext,
  subject: AblationSubject,
  ablation: DetectionAblation,
): Promise<AblatedDetection> {
  const { model, reference, seed } = subject;
  const cell = await context.store.cell({
    kind: 'ablated-detections',
    key: {
      ...{ model: model.id, reference: reference?.id ?? null, seed, ablation },
      ...{ product: context.product.detection, version: 1 },
    },
    async compute(folder) {
      // The signals come before all overfitting: they are those of the whole method.
      const whole = ablation.overfitting === false ? await detectAblated(context, subject, {}) : undefined;
      const stored = await withEngine(context, () => detect(context, subject, { ablation, whole, folder }));
      await atomicWriteFile(join(folder, 'detection.json'), JSON.stringify(stored));
      return { pairs: stored.rows.length };
    },
  });
  const { id, folder, seconds } = cell;
  const text = await readFile(join(folder, 'detection.json'), 'utf8');
  const { sample, ...scored } = JSON.parse(text) as Scored & { readonly sample: StoredSample };
  return {
    ...{ ...scored, id, seconds },
    sample: { ...sample, embeddings: Float32Array.from(sample.embeddings) },
  };
}

async function detect(
  context: BenchContext,
  { model, reference, seed, pairs: path }: AblationSubject,
  run: { ablation: DetectionAblation; whole: Scored | undefined; folder: string },
): Promise<Scored & { readonly sample: StoredSample }> {
  const options = { ...DETECT_DEFAULTS, seed };
  const manifest = await openPairs(path, { roots: [dirname(path)] });
  const suspect = await loadCheckpoint(model.dir);
  const trusted = reference === undefined ? undefined : await loadCheckpoint(reference.dir);
  const { signal } = context;
  const pairs = await openPairSource(manifest, suspect, { ...options, cacheDir: run.folder, signal });
  try {
    const clip = embeddingModel(suspect);
    const scored =
      run.whole === undefined
        ? await overfitAndScore(
            {
              ...{ suspect: clip, reference: trusted && embeddingModel(trusted), pairs, options, signal },
              progress: (phase, done, total) => {
                if (done === total) context.note(phase);
              },
            },
            run.ablation.agreement === false ? BY_SIGNALS : BY_AGREEMENT,
          )
        : { ...run.whole, scores: [...signalRanks(run.whole)] };
    const { rows, scores, signals } = scored;
    const sample = await embedSample(clip, pairs, { rows, scores: Float32Array.from(scores) }, seed);
    return { rows, scores, signals, sample: { ...sample, embeddings: [...sample.embeddings] } };
  } finally {
    await pairs.close();
    for (const checkpoint of [suspect, trusted]) disposeModel(checkpoint);
  }
}

async function overfitAndScore(input: DetectionInput, choice: SuspectChoice): Promise<Scored> {
  const { rows, scores, signals, overfitted } = await detectBySpan(input, choice);
  for (const clip of Object.values(overfitted)) disposeClip(clip);
  const plain = Object.entries(signals).map(([name, values]) => [name, [...values]] as const);
  return { rows, scores: [...scores], signals: Object.fromEntries(plain) };
}

function disposeModel(checkpoint: Checkpoint | undefined): void {
  if (checkpoint !== undefined) disposeClip(checkpoint.model);
}

/**
 * Scores without overfitting: the mean of a pair's ranks by low cosine (under the reference model if there is one)
 * and by how much its cosine drops under the views, in [0, 1]; higher is more suspicious.
 */
export function signalRanks({ signals }: Pick<Scored, 'signals'>): Float32Array {
  const { similarity, referenceSimilarity = similarity, viewDrop } = signals;
  const unlikely = ranks(referenceSimilarity!.map((value) => -value));
  const dropping = ranks(viewDrop!);
  return unlikely.map((rank, at) => (rank + dropping[at]!) / 2);
}

/** Each value's rank among all, in [0, 1]; the highest has 1. */
function ranks(values: readonly number[]): Float32Array {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
  const ranked = new Float32Array(values.length);
  order.forEach((at, place) => (ranked[at] = place / Math.max(1, values.length - 1)));
  return ranked;
}

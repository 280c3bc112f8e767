import { dirname, join } from 'node:path';
import { disposeClip, loadCheckpoint, saveCheckpoint, type Checkpoint } from '@ubt/clip';
import { createDecodeCache, openPairs, pairBatches, readCaptionTokens, type PairManifest } from '@ubt/data';
import { readTruth } from '@ubt/redteam';
import { select, SELECT_DEFAULTS, type SelectionOutcome } from '@ubt/selector';
import {
  consultReference,
  forgetBackdoor,
  readMaterial,
  readWholeCaptions,
  UNLEARN_DEFAULTS,
  unlearnSettings,
  type Unlearned,
} from '@ubt/unlearner';
import { withEngine, type BenchContext } from '../defence/bench-context.js';
import { rankQuality } from '../defence/detectors/rank-quality.js';
import type { DefenceOutcome } from '../results/bench-results.js';
import type { Ablation } from './ablation.js';
import type { AblatedDetection, AblationSubject } from './detect-ablated.js';

/** What is different from the product after the detection. */
type UnlearningAblation = Omit<Ablation, 'overfitting' | 'agreement'>;

/** One selection and unlearning. */
interface Run {
  readonly detection: AblatedDetection;
  readonly unlearning: UnlearningAblation;
  /** Gets the cleaned model, as `model`, unless the verdict leaves the model as it is. */
  readonly folder: string;
}

/** Selects and unlearns after a detection, as the services do by default, and says what came of it. */
export async function unlearnAblated(
  context: BenchContext,
  subject: AblationSubject,
  run: Run,
): Promise<DefenceOutcome> {
  const { pairs, truth } = subject;
  const manifest = await openPairs(pairs, { roots: [dirname(pairs)] });
  return withEngine(context, async () => {
    const suspect = await loadCheckpoint(subject.model.dir);
    try {
      const started = performance.now();
      const outcome = await selectFrom(run, manifest, suspect, subject.seed);
      const selected = performance.now();
      const unlearned =
        outcome.verdict === 'backdoored'
          ? await forget(context, { ...run, outcome, manifest, suspect, subject })
          : undefined;
      const seconds = {
        ...{ detector: run.detection.seconds, selector: (selected - started) / 1000 },
        ...(unlearned && { unlearner: (performance.now() - selected) / 1000 }),
      };
      return { ...describe(outcome, unlearned, suspect), ...(await quality(run, outcome, truth)), seconds };
    } finally {
      disposeClip(suspect.model);
    }
  });
}

async function selectFrom(
  { detection, unlearning }: Run,
  manifest: PairManifest,
  { tokenizer }: Checkpoint,
  seed: number,
): Promise<SelectionOutcome> {
  const rows = Uint32Array.from(detection.rows);
  const tokens = await readCaptionTokens(manifest, tokenizer, rows);
  const { unlearnPairs = SELECT_DEFAULTS.unlearnPairs } = unlearning;
  return select(
    { rows, scores: Float32Array.from(detection.scores), tokens },
    detection.sample,
    { ...SELECT_DEFAULTS, unlearnPairs, seed },
    (token) => tokenizer.decodeToken(token),
  );
}

interface ForgettingRun extends Run {
  readonly outcome: SelectionOutcome;
  readonly manifest: PairManifest;
  readonly suspect: Checkpoint;
  readonly subject: AblationSubject;
}

async function forget(
  { signal, note }: BenchContext,
  { outcome, unlearning, manifest, suspect, subject, folder }: ForgettingRun,
): Promise<Omit<Unlearned, 'clip'>> {
  const { tokenizer, preprocess } = suspect;
  const decodeCache = await createDecodeCache(folder, manifest.total, preprocess.cropSize);
  const reading = { decodeCache, signal };
  const selection = { ...outcome, compromisedTokens: outcome.compromised.map(({ token: id }) => ({ id })) };
  const material = {
    ...(await readMaterial(manifest, selection, suspect, reading)),
    ...(unlearning.tokenPortion === false
      ? await readWholeCaptions(manifest, selection, suspect, reading)
      : {}),
  };
  const consulted =
    subject.reference &&
    (await consultReference(subject.reference.dir, material.unlearn, () => Promise.resolve(undefined)));
  const options = { ...UNLEARN_DEFAULTS, seed: subject.seed };
  const settings = unlearnSettings({ ...options, maxSteps: unlearning.unlearnSteps ?? options.maxSteps });
  const retain = pairBatches(manifest, {
    ...{ tokenizer, preprocess, ...reading, rows: material.retainRows, order: 'endless' },
    ...{ batchSize: options.retainBatchSize, seed: options.seed },
  });
  try {
    const { clip, ...unlearned } = await forgetBackdoor({
      ...{ suspect, material, retain, teacher: consulted?.teacher },
      settings: { ...settings, weights: { ...settings.weights, ...unlearning.weights } },
      observer: {
        signal,
        onStep: (step) => step % 20 === 0 && note(`unlearning, step ${step}`),
        onCheck: () => Promise.resolve(),
      },
    });
    await saveCheckpoint({ ...suspect, model: clip }, join(folder, 'model'));
    disposeClip(clip);
    return unlearned;
  } finally {
    consulted?.teacher.dispose();
    await decodeCache.close();
  }
}

function describe(
  { verdict, reasons, compromised, suspectRows, unlearnRows }: SelectionOutcome,
  unlearned: Omit<Unlearned, 'clip'> | undefined,
  { tokenizer }: Checkpoint,
): Omit<DefenceOutcome, 'seconds'> {
  const repaired = unlearned?.repaired === true;
  return {
    verdict,
    outcome: unlearned === undefined ? 'untouched' : repaired ? 'repaired' : 'not-repaired',
    exitCode: repaired || verdict === 'clean' ? 0 : verdict === 'backdoored' ? 2 : 3,
    ...{ reason: reasons[0] ?? '', suspects: suspectRows.length },
    tokens: compromised
      .slice(0, 3)
      .map(({ token }) => tokenizer.decodeToken(token))
      .join(' '),
    ...(unlearned && {
      ...{ steps: unlearned.curve.at(-1)!.step, keptStep: unlearned.kept.step },
      unlearnPairs: unlearnRows.length,
    }),
  };
}

/** How well scores and suspects tell the poisoned pairs; nothing where none is poisoned. */
async function quality({ detection }: Run, { suspectRows }: SelectionOutcome, truth: string) {
  const { poisoned } = await readTruth(truth);
  if (poisoned.size === 0) return {};
  const found = suspectRows.filter((row) => poisoned.has(row)).length;
  const listed = suspectRows.length;
  return {
    detection: rankQuality(detection.rows, detection.scores, poisoned),
    list: { listed, recall: found / poisoned.size, ...(listed === 0 ? {} : { precision: found / listed }) },
  };
}

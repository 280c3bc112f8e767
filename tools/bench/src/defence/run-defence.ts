import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import type { DefenceOutcome, DetectionQuality, ListQuality } from '../results/bench-results.js';
import type { BenchContext } from './bench-context.js';
import { defendersPairs } from './defenders-pairs.js';
import { productDigests, type ProductDigests } from './product-digest.js';
import { runUbt } from './run-ubt.js';
import { DEFAULT_METHOD, type OtherDetection, type Scenario } from './scenarios.js';
import type { BenchModel } from './train-in-cell.js';

/** What a defender has beside the model. */
export interface DefenceHelp {
  /** The trusted checkpoint that the victim was fine-tuned from. */
  readonly reference?: BenchModel | undefined;
  /** Share of the training pairs, in (0, 1); all of them unless given. */
  readonly share?: number | undefined;
}

/** What a defence gave back: its findings, and the model to use from then on. */
export interface DefenceRun {
  /** Digest of all that made it. */
  readonly id: string;
  readonly outcome: DefenceOutcome;
  /** The cleaned model, or the one that came in when it was left as it is. */
  readonly model: { readonly id: string; readonly dir: string };
  /** Folder of what the command left. */
  readonly folder: string;
}

/** What `ubt defend --json` and `ubt detect --json` print, as far as it is used here. */
interface PrintedSummary {
  readonly verdict: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly reasons: readonly string[];
  readonly detection: {
    readonly method: string;
    readonly suspects: number;
    /** Against the truth: of the scores, unless there is nothing to tell apart, and of the list. */
    readonly quality: { readonly scores?: DetectionQuality; readonly suspects: ListQuality } | null;
  };
  readonly compromisedTokens: readonly { readonly token: string }[];
  readonly stages: readonly { readonly stage: string; readonly seconds: number }[];
  readonly model: string | null;
}

/**
 * Runs the whole defence on a model, as `ubt defend` does. It is told the model and the pairs, and the
 * reference where there is one; the truth only serves to judge the detection afterwards.
 */
export async function runDefence(
  context: BenchContext,
  scenario: Scenario,
  model: BenchModel,
  { reference, share }: DefenceHelp = {},
): Promise<DefenceRun> {
  const { store, product } = context;
  const { seed } = scenario;
  const cell = await store.cell({
    kind: 'defences',
    key: {
      ...{ model: model.id, reference: reference?.id ?? null, seed, product: product.defence },
      ...(share === undefined ? {} : { share }),
    },
    async compute(folder) {
      const out = join(folder, 'out');
      const subject = await subjectArgs(context, scenario, model, { reference, share });
      const args = [...subject, '--out', out];
      const printed = await ubt<PrintedSummary>(context, 'defence', { args: ['defend', ...args], folder });
      return outcomeOf(printed, printed.model === null ? {} : await readUnlearning(out));
    },
  });
  const { untouched, ...outcome } = cell.result;
  const folder = join(cell.folder, 'out');
  const cleaned = { id: cell.id, dir: join(folder, 'model') };
  return { id: cell.id, outcome, model: untouched ? model : cleaned, folder };
}

/** What a detection is about. */
interface DetectedModel {
  readonly model: BenchModel;
  readonly reference?: BenchModel | undefined;
}

/** Runs one detection, as `ubt detect` does, and gives how well it told the poisoned pairs. */
export async function runDetection(
  context: BenchContext,
  scenario: Scenario,
  { model, method, precision, reference }: OtherDetection & DetectedModel,
): Promise<DetectionQuality> {
  const { store, product } = context;
  const { seed } = scenario;
  const cell = await store.cell({
    kind: 'detections',
    key: {
      ...{ model: model.id, reference: reference?.id ?? null, method, seed, product: product.detection },
      ...(precision === undefined ? {} : { precision }),
    },
    async compute(folder) {
      const subject = await subjectArgs(context, scenario, model, { reference });
      const options = ['--method', method, ...(precision === undefined ? [] : ['--precision', precision])];
      const args = ['detect', ...subject, ...options, '--out', join(folder, 'out')];
      const { detection } = await ubt<PrintedSummary>(context, 'detection', { args, folder });
      return qualityOf(detection).detection!;
    },
  });
  return cell.result;
}

async function subjectArgs(
  context: BenchContext,
  scenario: Scenario,
  model: BenchModel,
  { reference, share }: DefenceHelp,
): Promise<string[]> {
  const { pairs, truth, root } = await defendersPairs(context, scenario, share);
  return [
    ...['--model', model.dir, '--pairs', pairs, '--root', root],
    ...['--truth', truth, '--seed', String(scenario.seed)],
    ...(reference === undefined ? [] : ['--reference', reference.dir]),
  ];
}

/** Runs a command of the product, and makes sure that it was the build that the result is filed under. */
async function ubt<Result>(
  context: BenchContext,
  made: keyof ProductDigests,
  { args, folder }: { args: readonly string[]; folder: string },
): Promise<Result> {
  const { options, signal, product } = context;
  const { cacheDir, threads } = options;
  const printed = await runUbt<Result>(args, join(folder, 'ubt.log'), { cacheDir, threads, signal });
  if ((await productDigests())[made] === product[made]) return printed;
  throw new UbtError('aborted', 'The product was built anew while it was measured.', {
    code: 'BENCH_BUILD_CHANGED',
    fix: 'Leave the working tree alone and run the same command again; finished pieces are kept.',
  });
}

type Unlearning = Partial<Pick<DefenceOutcome, 'steps' | 'keptStep' | 'unlearnPairs'>>;

function outcomeOf(printed: PrintedSummary, unlearning: Unlearning): DefenceOutcome & { untouched: boolean } {
  const { verdict, outcome, exitCode, reasons, detection, compromisedTokens, stages } = printed;
  if (detection.method !== DEFAULT_METHOD) {
    throw new UbtError('failed-precondition', `The product's default method is now ${detection.method}.`, {
      code: 'BENCH_DEFAULT_METHOD_CHANGED',
      fix: 'Name it in DEFAULT_METHOD.',
    });
  }
  return {
    ...{ verdict, outcome, exitCode, reason: reasons[0] ?? '', suspects: detection.suspects },
    ...qualityOf(detection),
    tokens: compromisedTokens
      .slice(0, 3)
      .map(({ token }) => token)
      .join(' '),
    ...unlearning,
    seconds: Object.fromEntries(stages.map(({ stage, seconds }) => [stage, seconds])),
    untouched: printed.model === null,
  };
}

/** Both qualities with the keys that are kept; nothing for pairs of which none is poisoned. */
function qualityOf({ quality }: PrintedSummary['detection']): Pick<DefenceOutcome, 'detection' | 'list'> {
  if (quality?.scores === undefined) return {};
  const { auroc, aupr, precisionAtK, k, recallAtThreshold } = quality.scores;
  return {
    detection: {
      auroc,
      aupr,
      precisionAtK,
      k,
      ...(recallAtThreshold === undefined ? {} : { recallAtThreshold }),
    },
    list: quality.suspects,
  };
}

async function readUnlearning(out: string): Promise<Unlearning> {
  const { selection, unlearning } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as {
    selection: { unlearnPairs: number };
    unlearning: { steps: number; keptStep: number };
  };
  const { steps, keptStep } = unlearning;
  return { steps, keptStep, unlearnPairs: selection.unlearnPairs };
}

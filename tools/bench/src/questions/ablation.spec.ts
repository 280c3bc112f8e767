import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { temporaryDirectory, TINY_MODELS, writeTinyData, type TemporaryDirectory } from '@ubt/test-kit';
import { parseBenchOptions } from '../bench-options.js';
import type { BenchContext } from '../defence/bench-context.js';
import { openCellStore } from '../defence/cell-store.js';
import type { Ablation } from './ablation.js';
import { detectAblated, signalRanks, type AblationSubject } from './detect-ablated.js';
import { unlearnAblated } from './unlearn-ablated.js';

jest.setTimeout(600_000);

let scratch: TemporaryDirectory;
let subject: AblationSubject;
let context: BenchContext;
let poisoned: readonly number[];

beforeAll(async () => {
  scratch = await temporaryDirectory('ubt-ablation-');
  const folder = join(scratch.path, 'data');
  const data = await writeTinyData(folder, { pairs: 480, poisoned: 40, mislabelled: 0 });
  poisoned = data.poisonedRows;
  const truth = join(folder, 'truth.csv');
  const lines = Array.from({ length: 480 }, (_, row) => `${row},${poisoned.includes(row) ? 1 : 0},0`);
  await writeFile(truth, `row,poisoned,wrong_caption\n${lines.join('\n')}\n`);
  const model = { id: 'tiny', dir: TINY_MODELS.backdoored };
  subject = { model, reference: undefined, seed: 1, pairs: data.pairs, truth };
  context = {
    options: parseBenchOptions(['--threads', '1', '--cache', scratch.path]),
    store: openCellStore(join(scratch.path, 'cells')),
    product: { defence: 'd', detection: 'e', measures: 'm' },
    signal: new AbortController().signal,
    note: () => {},
  };
});
afterAll(() => scratch.remove());

const SUSPECT = join(TINY_MODELS.backdoored, 'model.safetensors');
const weightsIn = (folder: string) => readFile(join(folder, 'model', 'model.safetensors'));

let runs = 0;

/** Detects, selects and unlearns, with a part left out. */
async function defend({ overfitting, agreement, ...unlearning }: Ablation) {
  const detection = await detectAblated(context, subject, {
    ...(overfitting === undefined ? {} : { overfitting }),
    ...(agreement === undefined ? {} : { agreement }),
  });
  const folder = join(scratch.path, `run-${++runs}`);
  const outcome = await unlearnAblated(context, subject, { detection, unlearning, folder });
  return { detection, outcome, folder };
}

describe('an ablation', () => {
  it('that leaves out nothing finds and removes the backdoor as the product does', async () => {
    const { outcome, folder } = await defend({});
    expect(outcome).toMatchObject({
      verdict: 'backdoored',
      outcome: 'repaired',
      exitCode: 0,
      tokens: 'banana',
    });
    expect(outcome.detection!.auroc).toBeGreaterThan(0.95);
    expect(outcome.list!.recall).toBeGreaterThan(0.8);
    expect(outcome.keptStep).toBeLessThanOrEqual(outcome.steps!);
    expect(Object.keys(outcome.seconds)).toEqual(['detector', 'selector', 'unlearner']);
    expect((await weightsIn(folder)).length).toBe((await readFile(SUSPECT)).length);
    expect((await weightsIn(folder)).equals(await readFile(SUSPECT))).toBe(false);
  });

  it('without overfitting ranks by the signals of the whole detection, and by nothing else', async () => {
    const whole = await detectAblated(context, subject, {});
    const bare = await detectAblated(context, subject, { overfitting: false });
    expect(bare.signals).toEqual(whole.signals);
    expect(bare.scores).toEqual([...signalRanks(whole)]);
    expect(bare.id).not.toBe(whole.id);
  });

  it('without agreement overfits other pairs', async () => {
    const whole = await detectAblated(context, subject, {});
    const blind = await detectAblated(context, subject, { agreement: false });
    expect(blind.signals.viewDrop).toEqual(whole.signals.viewDrop);
    expect(blind.signals.span).not.toEqual(whole.signals.span);
  });

  it('of the unlearning changes what is unlearned, how long, and how it is weighed', async () => {
    const { outcome: few } = await defend({ unlearnPairs: 8, unlearnSteps: 5 });
    expect(few).toMatchObject({ unlearnPairs: 8, steps: 5 });
    const models: Buffer[] = [];
    for (const ablation of [{}, {}, { tokenPortion: false }, { weights: { distil: 0 } }] as const) {
      const { folder } = await defend({ ...ablation, unlearnSteps: 5 });
      models.push(await weightsIn(folder));
    }
    expect(models.map((weights) => weights.equals(models[0]!))).toEqual([true, true, false, false]);
  });
});

describe('signalRanks', () => {
  it('is high for a low cosine and a large drop; the reference counts where there is one', () => {
    const signals = { similarity: [0.9, 0.1, 0.5], viewDrop: [0, 0.4, 0.2] };
    expect([...signalRanks({ signals })]).toEqual([0, 1, 0.5]);
    const referenceSimilarity = [0.1, 0.9, 0.5];
    expect([...signalRanks({ signals: { ...signals, referenceSimilarity } })]).toEqual([0.5, 0.5, 0.5]);
  });
});

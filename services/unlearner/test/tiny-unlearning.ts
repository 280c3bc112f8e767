import { loadCheckpoint, type Checkpoint, type PairBatch } from '@ubt/clip';
import { createDecodeCache, openPairs, pairBatches } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import type { SelectionFile } from '@ubt/stage-files';
import { temporaryDirectory, TINY_MODELS, writeTinyData } from '@ubt/test-kit';
import { embedByRow } from '../src/domain/embed-by-row.js';
import type { UnlearnInput, UnlearnSettings } from '../src/domain/unlearn.js';
import { embedPixels } from '@ubt/clip';
import { UNLEARN_DEFAULTS, unlearnSettings } from '../src/unlearn-options.js';
import { readMaterial } from '../src/unlearning-material.js';

/** The tiny backdoored model with what it takes to repair it. */
export interface TinyUnlearning {
  readonly input: UnlearnInput;
  readonly suspect: Checkpoint;
  readonly reference: Checkpoint;
  close(): Promise<void>;
}

/** The measured settings, for a model that is smaller and a run that is shorter. */
export const SETTINGS: UnlearnSettings = {
  ...unlearnSettings({ ...UNLEARN_DEFAULTS, maxSteps: 30, learningRate: 1e-3 }),
  ...{ checkEvery: 5, patience: 2, retainBudget: 0.3 },
};

/** Opens it. Every step gets the same retain batch, so that a run does not depend on where it was resumed. */
export async function openTinyUnlearning(): Promise<TinyUnlearning> {
  await startEngine({ threads: 2 });
  const directory = await temporaryDirectory();
  const data = await writeTinyData(directory.path, { pairs: 240, poisoned: 24, mislabelled: 0 });
  const [suspect, reference] = [
    await loadCheckpoint(TINY_MODELS.backdoored),
    await loadCheckpoint(TINY_MODELS.clean),
  ];
  const manifest = await openPairs(data.pairs);
  const decodeCache = await createDecodeCache(directory.path, manifest.total, suspect.preprocess.cropSize);
  const selection = tinySelection(data.poisonedRows, manifest.total, suspect);
  const { signal } = new AbortController();
  const material = await readMaterial(manifest, selection, suspect, { decodeCache, signal });
  const model = ({ model: clip, preprocess }: Checkpoint) => ({ clip, preprocess });
  const retain = await firstBatch(
    pairBatches(manifest, { ...suspect, rows: material.retainRows, batchSize: 64, decodeCache, signal }),
  );
  const teacher = embedPixels(model(reference), material.unlearn.pixels);
  return {
    ...{ suspect, reference },
    input: {
      ...{ suspect: model(suspect), teacher, trigger: undefined },
      ...{ unlearn: material.unlearn, heldOut: material.heldOut, validation: material.validation },
      retain: { next: () => Promise.resolve({ done: false, value: retain }) },
      related: await embedByRow(model(suspect), material.related),
      band: { mean: 0.05, low: -0.3, high: 0.35 },
    },
    close: async () => {
      teacher.dispose();
      await decodeCache.close();
      await directory.remove();
    },
  };
}

/** A selection that knows exactly which rows are poisoned. */
export function tinySelection(
  poisonedRows: readonly number[],
  total: number,
  { tokenizer }: Pick<Checkpoint, 'tokenizer'>,
): SelectionFile {
  const [id = 0] = tokenizer.contentIds('banana');
  const clean = [...Array(total).keys()].filter((row) => !poisonedRows.includes(row));
  return {
    ...{
      schemaVersion: 1,
      verdict: 'backdoored',
      reasons: ['banana'],
      evidence: [],
      work: { jobName: 'jobs/2', attempts: 1, seconds: 1 },
    },
    compromisedTokens: [{ id, token: 'banana', suspectShare: 1, corpusShare: 0.1, enrichment: 10 }],
    unlearnRows: poisonedRows.slice(0, 18),
    heldOutRows: poisonedRows.slice(18),
    suspectRows: [...poisonedRows],
    retainRows: clean,
  };
}

async function firstBatch(batches: AsyncIterable<PairBatch>): Promise<PairBatch> {
  for await (const batch of batches) return batch;
  throw new Error('there are no pairs');
}

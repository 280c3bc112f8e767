import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClipModel } from '@ubt/clip';
import { atomicWrite, atomicWriteFile } from '@ubt/data';
import { parseStageFile } from '@ubt/stage-files';
import { z } from 'zod';
import type { UnlearnResume, UnlearnState } from './domain/unlearn.js';

const PARTS = ['current', 'best', 'mean', 'square'] as const;
type Part = (typeof PARTS)[number];

const pointSchema = z.object({
  step: z.int().nonnegative(),
  unlearnCosine: z.number(),
  heldOutCosine: z.number().optional(),
  retainLoss: z.number(),
  restoreDistance: z.number(),
});

const stateSchema = z.object({
  step: z.int().nonnegative(),
  optimizerStep: z.int().nonnegative(),
  curve: z.array(pointSchema),
  kept: pointSchema,
  /** float32 tensors in the order in which they follow each other in the values file. */
  tensors: z.array(z.object({ part: z.enum(PARTS), name: z.string(), length: z.int().nonnegative() })),
});

const STATE = /^state-(\d+)\.json$/;
const valuesName = (step: number) => `values-${step}.f32`;

/** Keeps the state of an unlearning in the job's folder; the one before it goes once it is safe. */
export async function writeCheckpoint(workDir: string, state: UnlearnState): Promise<number> {
  const optimizer = await state.optimizer.exportState();
  const step = (state.curve.at(-1) as { step: number }).step;
  const tensors: z.infer<typeof stateSchema>['tensors'] = [];
  await atomicWrite(join(workDir, valuesName(step)), async (file) => {
    const write = async (part: Part, name: string, values: Float32Array) => {
      tensors.push({ part, name, length: values.length });
      await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    };
    for (const [part, clip] of Object.entries({ current: state.current, best: state.best })) {
      for (const [name, values] of await weightsOf(clip)) await write(part as Part, name, values);
    }
    for (const [name, { mean, square }] of optimizer.moments) {
      await write('mean', name, mean);
      await write('square', name, square);
    }
  });
  const content = { step, optimizerStep: optimizer.step, curve: state.curve, kept: state.kept, tensors };
  await atomicWriteFile(join(workDir, `state-${step}.json`), JSON.stringify(content));
  await forgetBefore(workDir, step);
  return step;
}

/** The latest state in the job's folder; undefined when there is none. */
export async function readCheckpoint(workDir: string): Promise<UnlearnResume | undefined> {
  const steps = (await readdir(workDir)).flatMap((name) => STATE.exec(name)?.[1] ?? []).map(Number);
  if (steps.length === 0) return undefined;
  const path = join(workDir, `state-${Math.max(...steps)}.json`);
  const { step, optimizerStep, curve, kept, tensors } = parseStageFile(
    await readFile(path, 'utf8'),
    stateSchema,
    path,
  );
  const bytes = await readFile(join(workDir, valuesName(step)));
  const parts: Record<Part, Map<string, Float32Array>> = {
    ...{ current: new Map(), best: new Map(), mean: new Map(), square: new Map() },
  };
  let offset = 0;
  for (const { part, name, length } of tensors) {
    const values = new Float32Array(length);
    new Uint8Array(values.buffer).set(bytes.subarray(offset, offset + length * 4));
    parts[part].set(name, values);
    offset += length * 4;
  }
  const moments = new Map(
    [...parts.mean].map(([name, mean]) => [name, { mean, square: parts.square.get(name)! }]),
  );
  const points = { curve: curve.map(toPoint), kept: toPoint(kept) };
  return { ...points, current: parts.current, best: parts.best, optimizer: { step: optimizerStep, moments } };
}

/** JSON leaves an undefined member out. */
const toPoint = (point: z.infer<typeof pointSchema>) => ({ ...point, heldOutCosine: point.heldOutCosine });

async function weightsOf(clip: ClipModel): Promise<[string, Float32Array][]> {
  return Promise.all(
    [...clip.weights].map(async ([name, variable]): Promise<[string, Float32Array]> => [
      name,
      (await variable.data()) as Float32Array,
    ]),
  );
}

async function forgetBefore(workDir: string, step: number): Promise<void> {
  for (const name of await readdir(workDir)) {
    const found = /^(?:state|values)-(\d+)\./.exec(name);
    if (found !== null && Number(found[1]) < step) await rm(join(workDir, name), { force: true });
  }
}

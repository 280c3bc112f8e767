import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { disposeClip } from '@ubt/clip';
import { UbtError } from '@ubt/errors';
import { temporaryDirectory, type TemporaryDirectory } from '@ubt/test-kit';
import { openTinyUnlearning, SETTINGS, type TinyUnlearning } from '../test/tiny-unlearning.js';
import { unlearn, type Unlearned, type UnlearnObserver, type UnlearnResume } from './domain/unlearn.js';
import { readCheckpoint, writeCheckpoint } from './unlearn-checkpoint.js';

let tiny: TinyUnlearning;
let directory: TemporaryDirectory;
let whole: Unlearned;

const observer = (given: Partial<UnlearnObserver> = {}): UnlearnObserver => ({
  ...{ signal: new AbortController().signal, onStep: () => undefined, onCheck: () => Promise.resolve() },
  ...given,
});
/** Not the whole way, so that both runs end at the same step. */
const settings = { ...SETTINGS, maxSteps: 15, patience: 100 };

beforeAll(async () => {
  tiny = await openTinyUnlearning();
  directory = await temporaryDirectory();
  whole = await unlearn(tiny.input, settings, observer());
});
afterAll(async () => {
  disposeClip(whole.clip);
  await tiny.close();
  await directory.remove();
});

/** Runs until the second check has been written down, then breaks off as a killed worker does. */
async function breakOff(workDir: string): Promise<void> {
  const running = unlearn(
    tiny.input,
    settings,
    observer({
      onCheck: async (state) => {
        const step = await writeCheckpoint(workDir, state);
        if (step >= 10) throw new UbtError('aborted', 'killed', { code: 'KILLED' });
      },
    }),
  );
  await expect(running).rejects.toMatchObject({ code: 'KILLED' });
}

it('goes on to the same end from a checkpoint', async () => {
  await breakOff(directory.path);
  const resume = (await readCheckpoint(directory.path))!;
  expect(resume.curve.map(({ step }) => step)).toEqual([0, 5, 10]);
  const steps: number[] = [];
  const resumed = await unlearn(
    tiny.input,
    settings,
    observer({ onStep: (step) => steps.push(step) }),
    resume,
  );
  disposeClip(resumed.clip);
  expect(steps).toEqual([11, 12, 13, 14, 15]);
  expect(resumed.curve.map(({ step }) => step)).toEqual(whole.curve.map(({ step }) => step));
  resumed.curve.forEach((point, i) => {
    expect(point.unlearnCosine).toBeCloseTo(whole.curve[i]!.unlearnCosine, 3);
    expect(point.retainLoss).toBeCloseTo(whole.curve[i]!.retainLoss, 3);
  });
  expect(resumed.kept.step).toBe(whole.kept.step);
});

it('reads back exactly what it wrote, and keeps only the latest', async () => {
  let written: UnlearnResume | undefined;
  const running = unlearn(
    tiny.input,
    settings,
    observer({
      onCheck: async (state) => {
        await writeCheckpoint(directory.path, state);
        const values = async (clip: typeof state.best) =>
          new Map(
            await Promise.all(
              [...clip.weights].map(
                async ([name, weight]) => [name, (await weight.data()) as Float32Array] as const,
              ),
            ),
          );
        written = {
          ...{ curve: [...state.curve], kept: state.kept },
          ...{ current: await values(state.current), best: await values(state.best) },
          optimizer: await state.optimizer.exportState(),
        };
      },
    }),
  );
  disposeClip((await running).clip);
  const read = (await readCheckpoint(directory.path))!;
  expect(read.curve).toEqual(written!.curve);
  expect(read.kept).toEqual(written!.kept);
  expect(read.optimizer.step).toBe(written!.optimizer.step);
  for (const part of ['current', 'best'] as const) {
    expect([...read[part].keys()]).toEqual([...written![part].keys()]);
    for (const [name, values] of written![part]) expect(read[part].get(name)).toEqual(values);
  }
  for (const [name, { mean, square }] of written!.optimizer.moments) {
    expect(read.optimizer.moments.get(name)).toEqual({ mean, square });
  }
  const files = (await readdir(directory.path)).filter((name) => /^(state|values)-/.test(name));
  expect(files.sort()).toEqual(['state-15.json', 'values-15.f32']);
});

it('does not mind what a crash left half-made', async () => {
  await using folder = await temporaryDirectory();
  expect(await readCheckpoint(folder.path)).toBeUndefined();
  await breakOff(folder.path);
  await writeFile(join(folder.path, 'values-15.f32'), 'half');
  await writeFile(join(folder.path, '.state-15.json.tmp'), '{"step":');
  expect((await readCheckpoint(folder.path))!.curve.at(-1)!.step).toBe(10);
});

it('says when a checkpoint is not one', async () => {
  await using folder = await temporaryDirectory();
  await writeFile(join(folder.path, 'state-5.json'), '{}');
  await expect(readCheckpoint(folder.path)).rejects.toMatchObject({ code: 'STAGE_FILE_MALFORMED' });
});

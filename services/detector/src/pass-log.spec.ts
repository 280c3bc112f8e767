import { readdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { disposeClip, embeddingModel, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { openPairs, type PairManifest } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import { temporaryDirectory, TINY_MODELS, writeTinyData, type TemporaryDirectory } from '@ubt/test-kit';
import { openPairSource } from './disk-pair-source.js';
import { batchCosines, measurePairs } from './domain/embed-pairs.js';

jest.setTimeout(60_000);
const PAIRS = 60;
const BATCH = 8;
let engine: Engine;
let directory: TemporaryDirectory;
let manifest: PairManifest;
let checkpoint: Checkpoint;

beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
  directory = await temporaryDirectory();
  const data = await writeTinyData(directory.path, { pairs: PAIRS });
  await writeFile(join(dirname(data.pairs), 'images/0004.png'), 'no image');
  manifest = await openPairs(data.pairs);
  checkpoint = await loadCheckpoint(TINY_MODELS.clean);
});
afterAll(async () => {
  disposeClip(checkpoint.model);
  await engine.dispose();
  await directory.remove();
});

/** Measures two passes of a job, as one of its attempts; `dieAfter` batches it is killed. */
async function attempt(name: string, resume: boolean, dieAfter = Infinity) {
  const cacheDir = join(directory.path, name);
  const { signal } = new AbortController();
  const pairs = await openPairSource(manifest, checkpoint, {
    ...{ batchSize: BATCH, maxUndecodableShare: 0.1, cacheDir, signal },
    passes: { resume, everySeconds: 0, onSaved: () => undefined },
  });
  let batches = 0;
  const reported: number[] = [];
  const pass = () =>
    measurePairs(
      pairs,
      { suspect: embeddingModel(checkpoint) },
      {
        name: 'counted',
        apply: (batch, { suspect }) => {
          if (batches === dieAfter) throw new Error('killed');
          batches += 1;
          return { cosine: batchCosines(suspect, batch) };
        },
      },
      { signal, onBatch: (done) => reported.push(done) },
    );
  try {
    const measured = [await pass(), await pass()];
    return { measured, batches, reported, undecodable: [...pairs.undecodable.keys()] };
  } catch {
    return { measured: [], batches, reported, undecodable: [] };
  } finally {
    await pairs.close();
  }
}

it('goes on where an attempt was killed, in whichever pass, with the same numbers', async () => {
  const whole = await attempt('whole', false);
  expect(whole.batches).toBe(16);
  expect(whole.measured[0]!.rows).toHaveLength(PAIRS - 1);
  expect(whole.undecodable).toHaveLength(1);
  for (const dieAfter of [3, 8, 13]) {
    const name = `killed-${dieAfter}`;
    expect(await attempt(name, false, dieAfter)).toMatchObject({ batches: dieAfter, measured: [] });
    const again = await attempt(name, true);
    expect(again.batches).toBe(16 - dieAfter);
    expect(again.reported[0]).toBe(dieAfter < 8 ? dieAfter * BATCH : PAIRS - 1);
    expect(again.measured).toEqual(whole.measured);
    expect(again.undecodable).toEqual(whole.undecodable);
  }
});

it('begins anew when it is another job, or what was left is not whole', async () => {
  await attempt('damaged', false, 3);
  expect((await attempt('damaged', false, 0)).reported).toEqual([]);
  const [file = ''] = (await readdir(join(directory.path, 'damaged'))).filter((name) => /^pass-1/.test(name));
  await truncate(join(directory.path, 'damaged', file), 100);
  expect((await attempt('damaged', true)).batches).toBe(16);
});

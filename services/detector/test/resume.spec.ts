import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { JobState } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import { ended, request, resultOf, startBench, type DetectorBench } from './detector-bench.js';

jest.setTimeout(120_000);
let bench: DetectorBench;
beforeAll(async () => {
  bench = await startBench({ UBT_CHECKPOINT_SECONDS: '0' });
});
afterAll(() => bench.close());

it('a job whose worker is killed while it scores goes on from the pair it had come to', async () => {
  const options = { method: 'similarity', batchSize: 2 };
  const whole = await ended(bench, await bench.detector.detect(request(bench, { id: 'whole', options })));
  const { job } = await bench.detector.detect(request(bench, { id: 'killed', options }));
  const { name } = job!;
  const doneBy = async () => {
    const { progress, attempt } = (await bench.jobs.getJob({ name })).job!;
    return progress?.phase === 'scoring pairs' ? { done: Number(progress.done), attempt } : undefined;
  };
  const before = await waitFor(
    async () => {
      const at = await doneBy();
      return at !== undefined && at.done >= 20 ? at : undefined;
    },
    { intervalMs: 5, what: 'some pairs' },
  );
  const work = join(bench.directory.path, 'service/detector/work', name.slice('jobs/'.length));
  process.kill(Number(await readFile(join(work, 'worker.pid'), 'utf8')), 'SIGKILL');
  const again: number[] = [];
  for await (const { job: update } of bench.jobs.watchJob({ name, afterSequence: 0n })) {
    if (update!.attempt < 2 || update!.progress?.phase !== 'scoring pairs') continue;
    again.push(Number(update!.progress.done));
  }
  const job2 = (await bench.jobs.getJob({ name })).job!;
  expect(job2).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
  expect(before.attempt).toBe(1);
  expect(again[0]).toBeGreaterThanOrEqual(before.done - 2);
  const scoresOf = (of: typeof job2) => readFile(fileURLToPath(resultOf(of).scores!.uri), 'utf8');
  expect(await scoresOf(job2)).toBe(await scoresOf(whole));
});

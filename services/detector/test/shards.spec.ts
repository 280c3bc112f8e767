import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { JobState, type DetectResponse } from '@ubt/contracts';
import { silentLogger, silentTelemetry, type SpanJson } from '@ubt/service-kit';
import { waitFor } from '@ubt/test-kit';
import { readConfig } from '../src/config.js';
import { openShardQueue, type ShardQueue } from '../src/shards/shard-queue.js';
import { ended, request, resultOf } from './detector-bench.js';
import {
  logged,
  scoresOf,
  shardProcessOf,
  startShardBench,
  type Replica,
  type ShardBench,
} from './shard-bench.js';

jest.setTimeout(240_000);
const SHARDS = 4;
let bench: ShardBench;
let queue: ShardQueue;
let coordinator: Replica;
let expected = '';

const quick = { method: 'similarity', batchSize: 2 };
const detect = (replica: Replica, id: string, options: object = quick): Promise<DetectResponse> =>
  replica.detector.detect(request(bench, { id, options }));
const queued = (waiting: number) =>
  waitFor(async () => (await queue.load()).waiting === waiting, {
    what: `${waiting} shards`,
  });
const shardFolders = async () => {
  const folders = await readdir(join(bench.directory.path, 'service/artifacts'), { recursive: true });
  return folders.filter((name) => name.includes('/shards-'));
};

beforeAll(async () => {
  bench = await startShardBench();
  const config = { ...readConfig({}), natsUrl: bench.broker.url };
  queue = openShardQueue(config, { logger: silentLogger(), telemetry: silentTelemetry() });
  coordinator = await bench.start('coordinator', { UBT_ROLE: 'jobs' });
  const alone = await bench.start('alone', { UBT_SHARD_PAIRS: '0' });
  expected = await scoresOf(await ended(alone, await detect(alone, 'alone')));
  await alone.leave('stop');
});
afterAll(async () => {
  await queue.close();
  await bench.close();
});
afterEach(async () => {
  await bench.stopOthers(coordinator);
  // Nothing of a job that has ended stays behind.
  await waitFor(async () => (await queue.load()).oldestSeconds === 0, { what: 'an empty queue' });
  expect(await shardFolders()).toEqual([]);
});

describe('a job that is shared out', () => {
  it('gives the scores of one process, byte for byte, whoever measures, in one trace', async () => {
    const options = { method: 'overfit-span', batchSize: 2, overfitSteps: 1 };
    const spans = join(bench.directory.path, 'spans.jsonl');
    const all = await bench.start('all', { UBT_SPANS_FILE: spans });
    const one = await ended(all, await detect(all, 'span-one', options));
    const helper = await bench.start('helper', { UBT_ROLE: 'shards' });
    const two = await ended(all, await detect(all, 'span-two', options));
    expect(logged(helper, 'shard measured').length).toBeGreaterThan(0);
    const measured = [...logged(all, 'shard measured'), ...logged(helper, 'shard measured')];
    const shardsOf = ({ name }: { name: string }) => measured.filter(({ job }) => job === name).length;
    // One pass before the overfitting, and one after each round of it.
    expect(shardsOf(one) % SHARDS).toBe(0);
    expect(shardsOf(one)).toBeGreaterThanOrEqual(2 * SHARDS);
    expect(shardsOf(two)).toBe(shardsOf(one));
    await expect(detect(helper, 'refused')).rejects.toMatchObject({ code: 'ROLE_TAKES_NO_JOBS' });
    await Promise.all([all.leave('stop'), helper.leave('stop')]);
    const alone = await bench.start('alone', { UBT_SHARD_FROM_PAIRS: '1000' });
    const whole = await ended(alone, await detect(alone, 'span-alone', options));
    await alone.leave('stop');
    expect(await scoresOf(one)).toBe(await scoresOf(whole));
    expect(await scoresOf(two)).toBe(await scoresOf(whole));
    expect(resultOf(two)).toMatchObject({ scoredPairs: 238n, skippedPairs: 2n });
    const lines = (await readFile(spans, 'utf8')).trim().split('\n');
    const found = lines.map((line) => JSON.parse(line) as SpanJson);
    const processed = found.filter(({ name }) => name === 'process ubt.shards.v1.{job}.{shard}');
    const jobs = new Set(found.filter(({ name }) => name === 'job detector').map(({ traceId }) => traceId));
    expect(processed.length).toBeGreaterThan(2 * SHARDS);
    expect(processed.every(({ traceId }) => jobs.has(traceId))).toBe(true);
  });

  it('loses nothing when a replica, or the process that measures, is killed in the middle', async () => {
    const sent = await detect(coordinator, 'killed');
    const victim = await bench.start('victim', { UBT_ROLE: 'shards' });
    await waitFor(() => logged(victim, 'shard taken').length > 0, { what: 'a shard in work' });
    await victim.leave('kill');
    const heir = await bench.start('heir', { UBT_ROLE: 'shards' });
    process.kill(
      await waitFor(() => shardProcessOf(heir.service), { what: 'its process', intervalMs: 5 }),
      'SIGKILL',
    );
    const job = await ended(coordinator, sent);
    expect(job.error).toBeUndefined();
    expect(await scoresOf(job)).toBe(expected);
    const measured = logged(heir, 'shard measured');
    expect(new Set(measured.map(({ shard }) => shard)).size).toBe(SHARDS);
    // Both deaths cost a delivery, of two shards or twice of the same.
    const again = measured.reduce((sum, { attempt }) => sum + Number(attempt) - 1, 0);
    expect(again).toBeGreaterThanOrEqual(2);
    await heir.leave('stop');
  });

  it('goes on from the results that are there when its coordinator was killed, duplicates counted once', async () => {
    const { job } = await detect(coordinator, 'resumed');
    await queued(SHARDS);
    await coordinator.leave('kill');
    await bench.broker.kill();
    await bench.broker.restart();
    // One shard comes twice, and is given back once.
    let isTold = false;
    const rogue = queue.work({
      ackWaitMs: 2_000,
      handler: async ({ group, id, item, signal }) => {
        await queue.put({ group, id }, item, 1);
        isTold = true;
        await once(signal, 'abort');
        throw signal.reason;
      },
      givenUp: () => {
        throw new Error('nothing is given up');
      },
    });
    await waitFor(() => isTold, { what: 'a duplicate' });
    await rogue.close();
    const helper = await bench.start('orphan', { UBT_ROLE: 'shards' });
    await waitFor(async () => (await queue.load()).oldestSeconds === 0, {
      what: 'all done',
    });
    const measured = logged(helper, 'shard measured').length;
    expect(measured).toBe(SHARDS + 1);
    coordinator = await bench.start('coordinator', { UBT_ROLE: 'jobs' });
    const again = await ended(coordinator, await coordinator.jobs.getJob({ name: job!.name }));
    expect(again).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
    expect(await scoresOf(again)).toBe(expected);
    expect(logged(helper, 'shard measured')).toHaveLength(measured);
    await helper.leave('stop');
  });

  it('fails with the reason of a shard that fails for good', async () => {
    const blind = await bench.start('blind', { UBT_ROLE: 'shards', UBT_ARTIFACT_ROOTS: bench.data.pairs });
    const job = await ended(coordinator, await detect(coordinator, 'blind'));
    expect(job.state).toBe(JobState.JOB_STATE_FAILED);
    expect(job.error).toMatchObject({ reason: 'PATH_OUTSIDE_ROOTS' });
    await blind.leave('stop');
  });

  it('takes its shards with it when it is cancelled', async () => {
    const { job } = await detect(coordinator, 'cancelled');
    await queued(SHARDS);
    const { progress } = (await coordinator.jobs.getJob({ name: job!.name })).job!;
    expect(progress).toMatchObject({ phase: 'scoring pairs', done: 0n, total: 240n });
    await coordinator.jobs.cancelJob({ name: job!.name });
    expect((await ended(coordinator, { job })).state).toBe(JobState.JOB_STATE_CANCELLED);
  });
});

it('does not start for shards alone without a broker', async () => {
  const started = bench.start('nowhere', { UBT_ROLE: 'shards', UBT_NATS_URL: '' });
  await expect(started).rejects.toThrow('ROLE_NEEDS_NATS');
});

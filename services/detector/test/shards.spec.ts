import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { JobState } from '@ubt/contracts';
import { ended, request, resultOf } from './detector-bench.js';
import { scoresOf, startShardBench, type ShardBench } from './shard-bench.js';

jest.setTimeout(180_000);
let bench: ShardBench;
beforeAll(async () => {
  bench = await startShardBench();
});
afterAll(() => bench.close());

const options = { method: 'overfit-span', batchSize: 2, overfitSteps: 2 };

it('gives the same scores in one process, with one replica and with two', async () => {
  const alone = await bench.start('alone', { UBT_SHARD_PAIRS: '0' });
  const whole = await ended(alone, await alone.detector.detect(request(bench, { id: 'whole', options })));
  await alone.leave('stop');
  const expected = await scoresOf(whole);
  for (const replicas of [1, 2]) {
    const first = await bench.start('first');
    const others = replicas === 2 ? [await bench.start('other', { UBT_ROLE: 'shards' })] : [];
    const id = `with-${replicas}`;
    const job = await ended(first, await first.detector.detect(request(bench, { id, options })));
    expect(job.error).toBeUndefined();
    expect(await scoresOf(job)).toBe(expected);
    const took = (replica: typeof first) => replica.service.output().includes('process ubt');
    expect(took(first)).toBe(false);
    console.log(first.service.output().slice(-2000));
    for (const other of others) console.log(other.service.output().slice(-2000));
    await Promise.all([first, ...others].map((replica) => replica.leave('stop')));
    void [readdir, join, JobState, resultOf];
  }
});

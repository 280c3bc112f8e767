import { describe, expect, it } from '@jest/globals';
import { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { silentLogger } from '@ubt/service-kit';
import { createResultCollector } from './collect-results.js';
import type { ShardQueue } from './shard-queue.js';

const shards = (...ids: string[]) => new Map(ids.map((id) => [id, ScoringShard.fromPartial({ pass: 1 })]));
const NOTHING = () => Promise.resolve();
const done = (id: string) => ScoringShardResult.fromPartial({ shard: id, pairs: 2n });

/** A queue whose items are worked on by `work` as soon as they are put. */
function fakeQueue(work: (id: string, round: number) => ScoringShardResult | undefined) {
  const put: string[] = [];
  const open = new Set<string>();
  const results: { group: string; id: string; result: ScoringShardResult }[] = [];
  let outages = 0;
  const reachable = () => {
    if (outages === 0) return;
    outages -= 1;
    throw new UbtError('unavailable', 'no broker', { code: 'BUS_UNAVAILABLE' });
  };
  const add = (id: string, result: ScoringShardResult) => results.push({ group: 'job', id, result });
  const queue: Pick<ShardQueue, 'put' | 'open' | 'results'> = {
    put: async ({ id }, _, round = 0) => {
      reachable();
      put.push(`${id}:${round}`);
      const result = work(id, round);
      if (result !== undefined) add(id, result);
      return Promise.resolve();
    },
    open: () => Promise.resolve(new Set(open)),
    results: async (_, from) => {
      reachable();
      return Promise.resolve({ results: results.slice(from), next: results.length });
    },
  };
  return { queue: queue as ShardQueue, put, open, add, failNext: (times: number) => (outages = times) };
}

function collector(queue: ShardQueue, signal = new AbortController().signal) {
  const logger = silentLogger();
  return createResultCollector({ queue, group: 'job', signal, logger, lookMs: 5, missingMs: 20 });
}

describe('a collector of results', () => {
  it('puts every shard once and tells every result once, results that come twice included', async () => {
    const fake = fakeQueue((id) => {
      fake.add(id, done(id));
      return done(id);
    });
    const told: string[] = [];
    await collector(fake.queue).collect(shards('a', 'b'), (id) => {
      told.push(id);
      return Promise.resolve();
    });
    expect(fake.put).toEqual(['a:0', 'b:0']);
    expect(told).toEqual(['a', 'b']);
  });

  it('puts only what an earlier attempt has no result of, whichever pass that was for', async () => {
    const fake = fakeQueue(done);
    for (const id of ['2-a', '1-a', 'foreign']) fake.add(id, done(id));
    const again = collector(fake.queue);
    await again.collect(shards('1-a', '1-b'), NOTHING);
    await again.collect(shards('2-a', '2-b'), NOTHING);
    expect(fake.put).toEqual(['1-b:0', '2-b:0']);
  });

  it('puts a shard again that is neither done nor in the queue, and waits for one that is', async () => {
    const fake = fakeQueue((id, round) => (id === 'lost' && round > 0 ? done(id) : undefined));
    fake.open.add('slow');
    setTimeout(() => fake.add('slow', done('slow')), 120);
    await collector(fake.queue).collect(shards('lost', 'slow'), NOTHING);
    expect(fake.put).toEqual(['lost:0', 'lost:1']);
  });

  it('fails with the error of a shard that was given up', async () => {
    const fake = fakeQueue((id) =>
      ScoringShardResult.fromPartial({
        shard: id,
        error: { code: 7, reason: 'PATH_OUTSIDE_ROOTS', message: 'no', fix: '', violations: [] },
      }),
    );
    await expect(collector(fake.queue).collect(shards('a'), NOTHING)).rejects.toMatchObject({
      ...{ kind: 'permission-denied', code: 'PATH_OUTSIDE_ROOTS' },
    });
  });

  it('waits while the broker is away, and ends when the job does', async () => {
    const fake = fakeQueue(done);
    fake.failNext(1);
    await collector(fake.queue).collect(shards('a'), NOTHING);
    expect(fake.put).toEqual(['a:0']);
    const stop = new AbortController();
    const never = fakeQueue(() => undefined);
    never.open.add('a');
    const waiting = collector(never.queue, stop.signal).collect(shards('a'), NOTHING);
    setTimeout(() => stop.abort(new UbtError('cancelled', 'stop', { code: 'JOB_CANCELLED' })), 30);
    await expect(waiting).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { StageEvent } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { startNatsServer, waitFor, type NatsServer } from '@ubt/test-kit';
import { createJetStreamBus, createWorkQueue, type WorkDelivery, type WorkQueue } from '../src/index.js';

/** A message that stands for an item, and for a result: its run id is the content. */
const note = (runId: string) =>
  StageEvent.fromPartial({ run: { runId }, stage: 'detector', jobName: 'jobs/x' });
const textOf = ({ run }: StageEvent) => run!.runId;

let broker: NatsServer;
const queues: WorkQueue<StageEvent, StageEvent>[] = [];
beforeAll(async () => {
  broker = await startNatsServer();
});
afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close(0)));
});
afterAll(() => broker.stop());

function open() {
  const queue = createWorkQueue({
    servers: [broker.url],
    item: { type: 'dev.ubt.test.item.v1', message: StageEvent },
    result: { type: 'dev.ubt.test.result.v1', message: StageEvent },
  });
  queues.push(queue);
  return queue;
}

function work(
  queue: WorkQueue<StageEvent, StageEvent>,
  handler: (delivery: WorkDelivery<StageEvent>) => Promise<StageEvent>,
  options: { maxDeliver?: number } = {},
) {
  return queue.work({
    ...{ ackWaitMs: 1_000, backoffMs: [20], handler, ...options },
    givenUp: ({ id }, error) => note(`${id}-${error.code.toLowerCase().replaceAll('_', '-')}`),
  });
}

const done = ({ item }: WorkDelivery<StageEvent>) => Promise.resolve(note(`${textOf(item)}-done`));
const resultsOf = async (queue: WorkQueue<StageEvent, StageEvent>, group: string, count: number) =>
  waitFor(
    async () => {
      const { results } = await queue.results(group, 0);
      return results.length >= count && results;
    },
    { what: `${count} results of ${group}` },
  );
const texts = (results: readonly { id: string; result: StageEvent }[]) =>
  results.map(({ id, result }) => `${id}=${textOf(result)}`).sort();

describe('a work queue', () => {
  it('gives each item to one of its workers, and each result once, by group', async () => {
    const [coordinator, one, other] = [open(), open(), open()];
    for (const id of ['a', 'b', 'c', 'd']) await coordinator.put({ group: 'shared', id }, note(id));
    await coordinator.put({ group: 'else', id: 'a' }, note('z'));
    expect(await coordinator.open('shared')).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect(await coordinator.load()).toMatchObject({ waiting: 5, inWork: 0 });
    const taken: string[] = [];
    const slowly = async (delivery: WorkDelivery<StageEvent>) => {
      taken.push(delivery.id);
      await sleep(50);
      return done(delivery);
    };
    work(one, slowly);
    work(other, slowly);
    const results = await resultsOf(coordinator, 'shared', 4);
    expect(texts(results)).toEqual(['a=a-done', 'b=b-done', 'c=c-done', 'd=d-done']);
    await resultsOf(coordinator, 'else', 1);
    expect(taken.sort()).toEqual(['a', 'a', 'b', 'c', 'd']);
    await waitFor(async () => (await coordinator.load()).inWork === 0, { what: 'no item' });
    expect(await coordinator.open('shared')).toEqual(new Set());
    expect(await coordinator.load()).toEqual({ waiting: 0, inWork: 0, oldestSeconds: 0 });
  });

  it('stores an item once a round, and goes on reading where it stood', async () => {
    const queue = open();
    for (const round of [0, 0, 1]) await queue.put({ group: 'twice', id: 'a' }, note('a'), round);
    work(queue, done);
    await resultsOf(queue, 'twice', 1);
    const { next } = await queue.results('twice', 0);
    await queue.put({ group: 'twice', id: 'b' }, note('b'));
    const later = await waitFor(async () => {
      const { results } = await queue.results('twice', next);
      return results.some(({ id }) => id === 'b') && results;
    });
    expect(texts(later.filter(({ id }) => id === 'b'))).toEqual(['b=b-done']);
  });

  it('tells why an item was given up, at once or after its last delivery', async () => {
    const queue = open();
    let attempts = 0;
    work(
      queue,
      ({ id }) => {
        attempts += 1;
        const kind = id === 'bad' ? 'invalid-argument' : 'unavailable';
        return Promise.reject(new UbtError(kind, 'no', { code: id === 'bad' ? 'BAD_ITEM' : 'NO_DISK' }));
      },
      { maxDeliver: 3 },
    );
    await queue.put({ group: 'fails', id: 'bad' }, note('a'));
    await queue.put({ group: 'fails', id: 'unlucky' }, note('b'));
    expect(texts(await resultsOf(queue, 'fails', 2))).toEqual([
      'bad=bad-bad-item',
      'unlucky=unlucky-no-disk',
    ]);
    expect(attempts).toBe(4);
    await waitFor(async () => (await queue.open('fails')).size === 0, { what: 'an empty queue' });
    const bus = createJetStreamBus({ servers: [broker.url] });
    const letters = await bus.deadLetters();
    await bus.close();
    expect(letters.map(({ durable, error }) => `${durable} ${error.code}`)).toEqual([
      'detector-shards NO_DISK',
      'detector-shards BAD_ITEM',
    ]);
  });

  it('tells a worker that its item is not wanted any more, and forgets results', async () => {
    const queue = open();
    let reason: unknown;
    work(queue, ({ id, signal, item }) => {
      if (id !== 'long') return Promise.resolve(item);
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(signal.reason as Error);
        }),
      );
    });
    await queue.put({ group: 'gone', id: 'short' }, note('a'));
    await resultsOf(queue, 'gone', 1);
    await queue.put({ group: 'gone', id: 'long' }, note('b'));
    await waitFor(async () => (await queue.load()).inWork === 1, { what: 'an item in work' });
    await queue.forget('gone');
    expect(await queue.open('gone')).toEqual(new Set());
    await waitFor(() => reason !== undefined, { what: 'the end of the work' });
    expect(reason).toMatchObject({ code: 'ITEM_DROPPED' });
    await waitFor(async () => (await queue.load()).inWork === 0, { what: 'no item in work' });
    expect((await queue.results('gone', 0)).results).toEqual([]);
  });

  it('gives an item back when it closes, and keeps everything over a restart of the broker', async () => {
    const [coordinator, worker] = [open(), open()];
    work(
      worker,
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    await coordinator.put({ group: 'kept', id: 'a' }, note('a'));
    await waitFor(async () => (await coordinator.load()).inWork === 1, { what: 'an item in work' });
    await worker.close();
    await broker.kill();
    await broker.restart();
    const attempts: number[] = [];
    const second = open();
    work(second, (delivery) => {
      attempts.push(delivery.attempt);
      return done(delivery);
    });
    expect(texts(await resultsOf(second, 'kept', 1))).toEqual(['a=a-done']);
    expect(attempts[0]).toBeGreaterThan(1);
  });

  it('says that the broker is away', async () => {
    const queue = createWorkQueue({
      ...{ servers: ['nats://127.0.0.1:1'], requestTimeoutMs: 200 },
      item: { type: 'a', message: StageEvent },
      result: { type: 'b', message: StageEvent },
    });
    queues.push(queue);
    await expect(queue.put({ group: 'a', id: 'b' }, note('a'))).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE',
    });
    await expect(queue.results('a', 0)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
  });
});

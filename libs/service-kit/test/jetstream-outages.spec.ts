import { afterEach, describe, expect, it } from '@jest/globals';
import { eventSubject } from '@ubt/contracts';
import { freePort, startNatsServer, temporaryDirectory, waitFor } from '@ubt/test-kit';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createJetStreamBus, type EventBus, type SubscribeOptions } from '../src/index.js';
import { completion } from './event-bus.contract.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function busTo(url: string, options: object = {}): EventBus {
  const bus = createJetStreamBus({ servers: [url], publishTimeoutMs: 500, ...options });
  open.push(() => bus.close(100));
  return bus;
}

async function natsServer(options: Parameters<typeof startNatsServer>[0] = {}) {
  const server = await startNatsServer(options);
  open.push(() => server.stop());
  return server;
}

const toSelector = (seen: string[], more: Partial<SubscribeOptions> = {}): SubscribeOptions => ({
  durable: 'selector',
  subjects: [eventSubject('*', 'detector', 'completed')],
  ackWaitMs: 1_000,
  handler: ({ data }) => Promise.resolve(void seen.push(data.jobName)),
  ...more,
});

describe('NATS that is down', () => {
  it('at the start: says so, and everything begins when it comes up', async () => {
    const port = await freePort();
    const bus = busTo(`nats://127.0.0.1:${port}`);
    const seen: string[] = [];
    const states: boolean[] = [];
    bus.subscribe(toSelector(seen, { onState: (consuming) => states.push(consuming) }));
    await expect(bus.ready(300)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'BUS_UNAVAILABLE',
      message: expect.stringContaining(String(port)),
      fix: expect.stringContaining('nats-server'),
    });
    await expect(bus.publish(completion('early'))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
    expect(states).toEqual([false]);

    await natsServer({ port });
    await bus.ready(10_000);
    await bus.publish(completion('later', 'jobs/later'));
    await waitFor(() => seen.length === 1);
    expect(states.at(-1)).toBe(true);
  });

  it('in the middle: reconnects to the same streams and loses nothing', async () => {
    await using store = await temporaryDirectory();
    const server = await natsServer({ storeDir: store.path });
    const bus = busTo(server.url);
    const seen: string[] = [];
    const connection: boolean[] = [];
    bus.onConnection((connected) => connection.push(connected));
    await bus.ready(5_000);
    bus.subscribe(toSelector(seen, { handler: () => new Promise(() => undefined) })); // takes one, never answers
    await bus.publish(completion('run', 'jobs/in-hand'));
    await bus.publish(completion('run', 'jobs/waiting'));

    await server.kill();
    await expect(bus.publish(completion('run', 'jobs/lost'))).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE',
    });
    await waitFor(() => connection.at(-1) === false);
    await server.restart();
    await waitFor(() => connection.at(-1) === true);
    await waitFor(() => bus.publish(completion('run', 'jobs/after')).catch(() => undefined));

    const other = busTo(server.url);
    other.subscribe(toSelector(seen));
    await waitFor(() => ['jobs/waiting', 'jobs/after'].every((name) => seen.includes(name)));
  });
});

describe('a server that is not as it should be', () => {
  it('whose credentials are refused is reported as such', async () => {
    const server = await natsServer({ args: ['--auth', 'secret-token'] });
    await expect(busTo(server.url, { token: () => 'wrong' }).ready(1_000)).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE',
      message: expect.stringMatching(/authorization/i),
    });
    await busTo(server.url, { token: () => 'secret-token' }).ready(5_000);
  });

  it('whose stream has other subjects is reported, and used once that is put right', async () => {
    const server = await natsServer();
    const admin = await connect({ servers: server.url });
    open.push(() => admin.close());
    const manager = await jetstreamManager(admin);
    await manager.streams.add({ name: 'UBT', subjects: ['something.else'] });
    const bus = busTo(server.url);
    await expect(bus.ready(600)).rejects.toMatchObject({
      message: expect.stringContaining('does not take the subjects ubt.v1.>'),
    });
    await manager.streams.delete('UBT');
    await bus.ready(10_000);
  });

  it('keeps what is no event away from handlers, among the dead letters', async () => {
    const server = await natsServer();
    const bus = busTo(server.url);
    await bus.ready(5_000);
    const seen: string[] = [];
    bus.subscribe(toSelector(seen));
    const admin = await connect({ servers: server.url });
    open.push(() => admin.close());
    for (const text of ['not json', '{"specversion":"1.0"}', '{}']) {
      await jetstream(admin).publish(eventSubject('run', 'detector', 'completed'), text);
    }
    const letters = await waitFor(async () => {
      const found = await bus.deadLetters();
      return found.length === 3 && found;
    });
    expect(letters.map(({ error }) => error.code)).toEqual(Array(3).fill('EVENT_INVALID'));
    expect(letters.map(({ payload }) => payload)).toContain('not json');
    expect(seen).toEqual([]);
  });

  it('refuses an event above the size the broker takes', async () => {
    const server = await natsServer();
    const bus = busTo(server.url);
    const event = completion('run', `jobs/${'x'.repeat(1_200_000)}`);
    await expect(bus.publish(event)).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
  });

  it('creates streams and consumers as documented', async () => {
    const server = await natsServer();
    const bus = busTo(server.url);
    bus.subscribe(toSelector([]));
    const admin = await connect({ servers: server.url });
    open.push(() => admin.close());
    const manager = await jetstreamManager(admin);
    const info = await waitFor(() => manager.consumers.info('UBT', 'selector').catch(() => undefined));
    expect(info.config).toMatchObject({
      ack_policy: 'explicit',
      deliver_policy: 'all',
      filter_subject: 'ubt.v1.*.detector.completed',
      ack_wait: 1e9,
    });
    for (const [name, subject] of [
      ['UBT', 'ubt.v1.>'],
      ['UBT_DLQ', 'ubt.dlq.v1.>'],
    ] as const) {
      const { config } = await manager.streams.info(name);
      expect(config).toMatchObject({ subjects: [subject], storage: 'file', duplicate_window: 120e9 });
    }
  });
});

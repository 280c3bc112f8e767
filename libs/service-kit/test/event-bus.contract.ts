import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventSubject, StageEvent } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { waitFor } from '@ubt/test-kit';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInSpan } from '../src/telemetry/run-in-span.js';
import { startTelemetry, type Telemetry } from '../src/telemetry/start-telemetry.js';
import type { EventBus, IncomingEvent, SubscribeOptions } from '../src/bus/event-bus.js';

/** A connection to the broker under test. */
export interface BusConnection {
  readonly bus: EventBus;
  /** Ends the connection as a crash of its process would. */
  crash(): Promise<void> | void;
}

/** A broker under test. */
export interface BusHarness {
  connect(telemetry?: Telemetry): Promise<BusConnection>;
  stop(): Promise<void>;
}

/** A completion event of the detector, the usual thing to publish. */
export const completion = (runId: string, jobName = 'jobs/1', attempt = 1) => ({
  kind: 'completed' as const,
  data: StageEvent.fromPartial({ run: { runId }, stage: 'detector', jobName, attempt }),
});

/** What every event bus promises. */
export function describeEventBus(name: string, createHarness: () => Promise<BusHarness>): void {
  describe(`the event bus ${name}`, () => {
    let harness: BusHarness;
    let connections: BusConnection[];
    let run = 0;

    beforeEach(async () => {
      harness = await createHarness();
      connections = [];
      run++;
    });
    afterEach(async () => {
      await Promise.all(connections.map(({ bus }) => bus.close(200)));
      await harness.stop();
    });

    const open = async (telemetry?: Telemetry) => {
      const connection = await harness.connect(telemetry);
      connections.push(connection);
      return connection;
    };
    const runId = () => `run-${run}`;
    const subscription = (
      handler: SubscribeOptions['handler'],
      options: Partial<SubscribeOptions> = {},
    ): SubscribeOptions => ({
      durable: 'selector',
      subjects: [eventSubject('*', 'detector', 'completed')],
      ackWaitMs: 600,
      backoffMs: [50],
      handler,
      ...options,
    });
    const collect = (into: IncomingEvent[]) => (event: IncomingEvent) => {
      into.push(event);
      return Promise.resolve();
    };

    it('delivers an event once to each durable, with its data', async () => {
      const { bus } = await open();
      const [mine, others]: [IncomingEvent[], IncomingEvent[]] = [[], []];
      bus.subscribe(subscription(collect(mine)));
      bus.subscribe(subscription(collect(others), { durable: 'audit' }));
      await bus.publish(completion(runId()));
      await waitFor(() => mine.length === 1 && others.length === 1);
      await sleep(100);
      expect(mine).toHaveLength(1);
      expect(mine[0]).toMatchObject({ runId: runId(), stage: 'detector', kind: 'completed' });
      expect(mine[0]!.data).toEqual(completion(runId()).data);
      expect(Date.parse(mine[0]!.time)).not.toBeNaN();
    });

    it('delivers only the subjects asked for, several if asked', async () => {
      const { bus } = await open();
      const seen: string[] = [];
      const subjects = [eventSubject('*', 'detector', 'failed'), eventSubject(runId(), '*', 'started')];
      const handler = ({ kind }: IncomingEvent) => Promise.resolve(void seen.push(kind));
      bus.subscribe(subscription(handler, { subjects }));
      const { data } = completion(runId());
      for (const kind of ['started', 'completed', 'failed'] as const) await bus.publish({ kind, data });
      await bus.publish({ kind: 'started', data: completion('another').data });
      await waitFor(() => seen.length === 2);
      await sleep(100);
      expect(seen.sort()).toEqual(['failed', 'started']);
    });

    it('stores the same event once, and another attempt as another event', async () => {
      const { bus } = await open();
      const seen: IncomingEvent[] = [];
      bus.subscribe(subscription(collect(seen)));
      await expect(bus.publish(completion(runId()))).resolves.toEqual({ duplicate: false });
      await expect(bus.publish(completion(runId()))).resolves.toEqual({ duplicate: true });
      await expect(bus.publish(completion(runId(), 'jobs/1', 2))).resolves.toEqual({ duplicate: false });
      await waitFor(() => seen.length === 2);
      await sleep(100);
      expect(seen.map(({ data }) => data.attempt)).toEqual([1, 2]);
    });

    it('gives each event to one of several replicas', async () => {
      const replicas = [await open(), await open()];
      const seen: string[][] = [[], []];
      replicas.forEach(({ bus }, index) =>
        bus.subscribe(
          subscription(async ({ id }) => {
            await sleep(20);
            seen[index]!.push(id);
          }),
        ),
      );
      for (let job = 0; job < 8; job++) await replicas[0]!.bus.publish(completion(runId(), `jobs/${job}`));
      await waitFor(() => seen.flat().length === 8);
      expect(new Set(seen.flat()).size).toBe(8);
      expect(seen[0]!.length).toBeGreaterThan(0);
      expect(seen[1]!.length).toBeGreaterThan(0);
    });

    it('brings an event to a consumer that was not there when it came', async () => {
      const { bus } = await open();
      const seen: IncomingEvent[] = [];
      await bus.publish(completion(runId(), 'jobs/before'));
      const first = bus.subscribe(subscription(collect(seen)));
      await waitFor(() => seen.length === 1);
      await first.close();
      await bus.publish(completion(runId(), 'jobs/down'));
      const { bus: restarted } = await open();
      restarted.subscribe(subscription(collect(seen)));
      await waitFor(() => seen.length === 2);
      expect(seen.map(({ data }) => data.jobName)).toEqual(['jobs/before', 'jobs/down']);
    });

    it('delivers again, later, after an error that may pass', async () => {
      const { bus } = await open();
      const times: number[] = [];
      const attempts: number[] = [];
      bus.subscribe(
        subscription(
          (_, { attempt }) => {
            times.push(Date.now());
            attempts.push(attempt);
            const busy = new UbtError('unavailable', 'store is busy', { code: 'STORE_BUSY' });
            return attempt < 3 ? Promise.reject(busy) : Promise.resolve();
          },
          { backoffMs: [200, 400] },
        ),
      );
      await bus.publish(completion(runId()));
      await waitFor(() => attempts.length === 3);
      expect(attempts).toEqual([1, 2, 3]);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(190);
      expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(390);
      await expect(bus.deadLetters()).resolves.toEqual([]);
    });

    it('waits as long as the error says', async () => {
      const { bus } = await open();
      const times: number[] = [];
      bus.subscribe(
        subscription(() => {
          times.push(Date.now());
          const options = { code: 'STORE_BUSY', retryAfterMs: 300 };
          const busy = new UbtError('unavailable', 'store is busy', options);
          return times.length < 2 ? Promise.reject(busy) : Promise.resolve();
        }),
      );
      await bus.publish(completion(runId()));
      await waitFor(() => times.length === 2);
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(290);
    });

    it('dead-letters an event after its last attempt, and goes on', async () => {
      const { bus } = await open();
      let attempts = 0;
      const seen: string[] = [];
      bus.subscribe(
        subscription(
          ({ data }) => {
            if (data.jobName !== 'jobs/poison') return Promise.resolve(void seen.push(data.jobName));
            attempts++;
            return Promise.reject(new Error('boom'));
          },
          { maxDeliver: 3, backoffMs: [20] },
        ),
      );
      await bus.publish(completion(runId(), 'jobs/poison'));
      await bus.publish(completion(runId(), 'jobs/good'));
      const letters = await waitFor(async () => {
        const found = await bus.deadLetters();
        return found.length > 0 && found;
      });
      expect(attempts).toBe(3);
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        durable: 'selector',
        attempts: 3,
        subject: eventSubject(runId(), 'detector', 'completed'),
        error: { code: 'UNEXPECTED', message: 'boom' },
      });
      expect(JSON.parse(letters[0]!.payload)).toMatchObject({
        specversion: '1.0',
        type: 'dev.ubt.stage.completed.v1',
        source: '/ubt/detector',
        data: { jobName: 'jobs/poison' },
      });
      expect(seen).toEqual(['jobs/good']);
      await sleep(800);
      expect(attempts).toBe(3);
    });

    it('dead-letters at once what can only fail again', async () => {
      const { bus } = await open();
      let attempts = 0;
      const wrong = new UbtError('invalid-argument', 'no such method', { code: 'METHOD_UNKNOWN' });
      bus.subscribe(
        subscription(() => {
          attempts++;
          return Promise.reject(wrong);
        }),
      );
      await bus.publish(completion(runId()));
      const [letter] = await waitFor(async () => {
        const found = await bus.deadLetters();
        return found.length > 0 && found;
      });
      expect(letter).toMatchObject({ attempts: 1, error: { code: 'METHOD_UNKNOWN' } });
      await sleep(300);
      expect(attempts).toBe(1);
    });

    it('delivers again what a crashed consumer had in hand', async () => {
      const publisher = await open();
      const victim = await open();
      let taken = false;
      victim.bus.subscribe(
        subscription(() => {
          taken = true;
          return new Promise<void>(() => undefined);
        }),
      );
      await publisher.bus.publish(completion(runId()));
      await waitFor(() => taken);
      await victim.crash();
      const seen: { event: IncomingEvent; attempt: number }[] = [];
      const survivor = await open();
      survivor.bus.subscribe(
        subscription((event, { attempt }) => Promise.resolve(void seen.push({ event, attempt }))),
      );
      await waitFor(() => seen.length === 1);
      expect(seen[0]!.attempt).toBeGreaterThan(1);
      await sleep(800);
      expect(seen).toHaveLength(1);
    });

    it('dead-letters an event that crashes every consumer', async () => {
      const publisher = await open();
      await publisher.bus.publish(completion(runId()));
      for (let crash = 0; crash < 2; crash++) {
        const victim = await open();
        let taken = false;
        victim.bus.subscribe(
          subscription(
            () => {
              taken = true;
              return new Promise<void>(() => undefined);
            },
            { maxDeliver: 2 },
          ),
        );
        await waitFor(() => taken);
        await victim.crash();
      }
      let calls = 0;
      const survivor = await open();
      survivor.bus.subscribe(subscription(() => Promise.resolve(void calls++), { maxDeliver: 2 }));
      const [letter] = await waitFor(async () => {
        const found = await survivor.bus.deadLetters();
        return found.length > 0 && found;
      });
      expect(letter!.error.code).toBe('DELIVERIES_EXHAUSTED');
      expect(calls).toBe(0);
    });

    it('leaves an event with a handler that takes longer than the ack wait', async () => {
      const { bus } = await open();
      let calls = 0;
      let done = 0;
      bus.subscribe(
        subscription(
          async () => {
            calls++;
            await sleep(1_500);
            done++;
          },
          { ackWaitMs: 400, concurrency: 2 },
        ),
      );
      await bus.publish(completion(runId()));
      await waitFor(() => done === 1);
      await sleep(600);
      expect(calls).toBe(1);
    });

    it('gives an event back when it closes, for the next consumer', async () => {
      const { bus } = await open();
      let signal: AbortSignal | undefined;
      const subscribed = bus.subscribe(
        subscription(async (_, context) => {
          signal = context.signal;
          await sleep(60_000, undefined, { signal: context.signal });
        }),
      );
      await bus.publish(completion(runId()));
      await waitFor(() => signal);
      const started = Date.now();
      await subscribed.close();
      expect(Date.now() - started).toBeLessThan(1_000);
      expect(signal!.aborted).toBe(true);
      const seen: IncomingEvent[] = [];
      const { bus: next } = await open();
      next.subscribe(subscription(collect(seen)));
      await waitFor(() => seen.length === 1);
      await expect(bus.deadLetters()).resolves.toEqual([]);
    });

    it('lets an idempotent handler give one result for an event that comes twice', async () => {
      const { bus } = await open();
      const results = new Map<string, number>();
      let deliveries = 0;
      bus.subscribe(
        subscription(({ id }, { attempt }) => {
          deliveries++;
          results.set(id, results.get(id) ?? attempt);
          // The work is done, but its answer gets lost.
          const lost = new UbtError('unavailable', 'connection lost', { code: 'CONNECTION_RESET' });
          return attempt === 1 ? Promise.reject(lost) : Promise.resolve();
        }),
      );
      await bus.publish(completion(runId()));
      await waitFor(() => deliveries === 2);
      expect([...results.values()]).toEqual([1]);
    });

    it('carries the trace from publisher to handler', async () => {
      const exporter = new InMemorySpanExporter();
      const telemetry = await startTelemetry({ serviceName: 'test', exporter });
      const { bus } = await open(telemetry);
      let inside = '';
      bus.subscribe(
        subscription(() => {
          inside = trace.getActiveSpan()!.spanContext().traceId;
          return Promise.resolve();
        }),
      );
      await runInSpan(telemetry.tracer, { name: 'defend' }, () => bus.publish(completion(runId())));
      await waitFor(() => exporter.getFinishedSpans().length === 3);
      const spans = new Map(exporter.getFinishedSpans().map((span) => [span.name.split(' ')[0], span]));
      const [root, send, process] = ['defend', 'send', 'process'].map((part) => spans.get(part)!);
      expect(send!.name).toBe('send ubt.v1.{run}.detector.completed');
      expect(send!.parentSpanContext?.spanId).toBe(root!.spanContext().spanId);
      expect(process!.parentSpanContext?.spanId).toBe(send!.spanContext().spanId);
      expect(inside).toBe(root!.spanContext().traceId);
      expect(process!.attributes).toMatchObject({
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'ubt.v1.{run}.detector.completed',
        'messaging.consumer.group.name': 'selector',
      });
    });

    it('refuses events without a proper run or stage, and impossible subscriptions', async () => {
      const { bus } = await open();
      const codeOf = (work: Promise<unknown>) => work.then(String, (error: UbtError) => error.code);
      expect(await codeOf(bus.publish(completion('Not A Run')))).toBe('EVENT_INVALID');
      const data = StageEvent.fromPartial({ run: { runId: 'r' }, stage: 'cook' });
      expect(await codeOf(bus.publish({ kind: 'completed', data }))).toBe('EVENT_INVALID');
      expect(() => bus.subscribe(subscription(collect([]), { durable: 'two words' }))).toThrow(
        expect.objectContaining({ code: 'SUBSCRIPTION_INVALID' }),
      );
    });

    it('publishes nothing after it was closed', async () => {
      const { bus } = await open();
      await bus.close();
      await expect(bus.publish(completion(runId()))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
      await expect(bus.ready(100)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
    });
  });
}

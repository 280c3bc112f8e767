import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventSubject, JobsService, JobState, Run, StageEvent, type EventKind } from '@ubt/contracts';
import {
  HealthService,
  startNatsServer,
  temporaryDirectory,
  typescriptExecArgv,
  waitFor,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { z } from 'zod';
import type { FixtureOrder } from '../../test/fixture-worker.js';
import type { EventBus, IncomingEvent } from '../bus/event-bus.js';
import { createInProcessBroker } from '../bus/in-process-broker.js';
import { createInProcessBus } from '../bus/in-process-bus.js';
import { createJetStreamBus } from '../bus/jetstream-bus.js';
import { defineConfig } from '../config/define-config.js';
import { portField } from '../config/fields.js';
import { connect } from '../grpc/connect.js';
import type { JobRecord } from '../jobs/job-record.js';
import { serveStage } from './serve-stage.js';
import { stageConfigFields } from './stage-config.js';

let directory: TemporaryDirectory;
const open: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await directory.remove();
});

const schema = z.object({ ...stageConfigFields, port: portField(0) });
/** The worker takes its order from the request; the run travels in front of it. */
const requestOf = (order: FixtureOrder, runId: string) => ({
  typeUrl: `test/${runId}`,
  value: Buffer.from(JSON.stringify(order)),
});
const runOf = ({ request }: JobRecord) => {
  const runId = request.typeUrl.slice('test/'.length);
  return runId === '' ? undefined : Run.fromPartial({ runId });
};

/** A selector that runs the fixture worker for whatever the event's plan asks. */
async function serve(bus: EventBus, order: FixtureOrder) {
  const env = { NODE_OPTIONS: typescriptExecArgv().join(' ') };
  const config = defineConfig(schema, {
    ...{ UBT_PORT: '0', UBT_DATA_DIR: join(directory.path, 'stage'), UBT_LOG_LEVEL: 'silent' },
    UBT_SHUTDOWN_GRACE_SECONDS: '2',
  });
  const served = await serveStage(
    {
      ...{ stage: 'selector', config, env, services: () => [], runOf, outcomeOf: () => ({}) },
      worker: new URL('../../test/fixture-worker.ts', import.meta.url),
      startsAfter: {
        stage: 'detector',
        submission: ({ run }) =>
          run?.plan?.select === undefined ? undefined : { request: requestOf(order, run.runId) },
      },
    },
    { bus },
  );
  open.push(served.stop);
  const jobs = connect(JobsService, served.address);
  const health = connect(HealthService, served.address);
  open.push(async () => {
    await Promise.resolve();
    jobs.close();
    health.close();
  });
  return { ...served, jobs, health };
}

const completion = (runId: string, plan: object = { select: {} }): StageEvent =>
  StageEvent.fromPartial({ run: { runId, plan }, stage: 'detector', jobName: 'jobs/d', attempt: 1 });

/** Hears what the stage tells. */
function listen(bus: EventBus): IncomingEvent[] {
  const heard: IncomingEvent[] = [];
  bus.subscribe({
    durable: 'spec',
    subjects: (['started', 'progress', 'completed', 'failed'] as EventKind[]).map((kind) =>
      eventSubject('*', 'selector', kind),
    ),
    handler: (event) => Promise.resolve(void heard.push(event)),
  });
  return heard;
}

function twoBuses() {
  const broker = createInProcessBroker();
  const [mine, theirs] = [createInProcessBus({ broker }), createInProcessBus({ broker })];
  open.push(
    () => mine.close(100),
    () => theirs.close(100),
  );
  return { mine, theirs };
}

describe('a stage with a bus', () => {
  it('starts from the event of the stage before, once, and tells how it goes', async () => {
    const { mine, theirs } = twoBuses();
    const heard = listen(mine);
    const { jobs, health } = await serve(theirs, { steps: 5, stepMs: 400 });
    expect(await health.check('selector.events')).toBe('SERVING');
    await mine.publish({ kind: 'completed', data: completion('r1') });
    // The same once more under another id, as a redelivery after a lost answer looks.
    await mine.publish({ kind: 'completed', data: completion('r1'), id: 'again' });
    await waitFor(() => heard.some(({ kind }) => kind === 'completed'));
    const list = await jobs.listJobs({ pageSize: 10, pageToken: '', runId: 'r1' });
    expect(list.jobs).toHaveLength(1);
    expect(list.jobs[0]).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, requestId: 'r1:selector' });
    expect(heard[0]!.kind).toBe('started');
    const progress = heard.filter(({ kind }) => kind === 'progress');
    expect(progress.length).toBeGreaterThanOrEqual(1);
    // Five steps in two seconds, one event a second.
    expect(progress.length).toBeLessThan(5);
    expect(progress[0]!.data.progress).toMatchObject({ phase: 'steps', total: 5n, unit: 'steps' });
  });

  it('does nothing when the plan ends before it', async () => {
    const { mine, theirs } = twoBuses();
    const { jobs } = await serve(theirs, {});
    await mine.publish({ kind: 'completed', data: completion('short', {}) });
    await sleep(300);
    expect((await jobs.listJobs({ pageSize: 10, pageToken: '', runId: '' })).jobs).toEqual([]);
    expect(await mine.deadLetters()).toEqual([]);
  });

  it('tells a failure and gives the event up, for the job has used its attempts', async () => {
    const { mine, theirs } = twoBuses();
    const heard = listen(mine);
    await serve(theirs, { fail: true });
    await mine.publish({ kind: 'completed', data: completion('bad') });
    const failed = await waitFor(() => heard.find(({ kind }) => kind === 'failed'));
    expect(failed.data.error).toMatchObject({ reason: 'PAIRS_EMPTY', fix: 'give some' });
    const [letter] = await waitFor(async () => {
      const letters = await mine.deadLetters();
      return letters.length > 0 && letters;
    });
    expect(letter).toMatchObject({ attempts: 1, error: { code: 'PAIRS_EMPTY' } });
  });
});

it('says by a name of its own whether events arrive, and serves calls without them', async () => {
  await using nats = await startNatsServer();
  const bus = createJetStreamBus({ servers: [nats.url] });
  open.push(() => bus.close(100));
  const { health } = await serve(bus, {});
  const becomes = (wanted: string) =>
    waitFor(async () => (await health.check('selector.events')) === wanted, { what: wanted });
  await becomes('SERVING');
  await nats.kill();
  await becomes('NOT_SERVING');
  expect(await health.check('ubt.job.v1.Jobs')).toBe('SERVING');
  await nats.restart();
  await becomes('SERVING');
});

it('is not left half-started when its port is taken', async () => {
  const { mine, theirs } = twoBuses();
  const first = await serve(mine, {});
  const port = first.address.split(':')[1]!;
  const config = defineConfig(schema, {
    ...{ UBT_PORT: port, UBT_DATA_DIR: join(directory.path, 'second'), UBT_LOG_LEVEL: 'silent' },
  });
  const worker = new URL('../../test/fixture-worker.ts', import.meta.url);
  const second = serveStage(
    { ...{ stage: 'selector', config, env: {}, worker }, services: () => [], runOf, outcomeOf: () => ({}) },
    { bus: theirs },
  );
  await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE' });
});

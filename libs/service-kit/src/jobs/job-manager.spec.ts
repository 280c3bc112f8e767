import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UbtError } from '@ubt/errors';
import { temporaryDirectory, typescriptExecArgv, waitFor, type TemporaryDirectory } from '@ubt/test-kit';
import type { FixtureOrder } from '../../test/fixture-worker.js';
import { createFileJobStore } from './file-job-store.js';
import { createJobManager, type JobManager, type JobManagerOptions } from './job-manager.js';
import type { JobRecord } from './job-record.js';
import type { JobStore } from './job-store.js';

const entry = new URL('../../test/fixture-worker.ts', import.meta.url);
let directory: TemporaryDirectory;
const managers: JobManager[] = [];
// Worker processes take their time to start on a busy machine.

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.stop(0)));
  await directory.remove();
});

async function startManager(options: Partial<JobManagerOptions> = {}): Promise<JobManager> {
  const manager = createJobManager({
    store: createFileJobStore(join(directory.path, 'jobs')),
    workDir: join(directory.path, 'work'),
    workers: { detector: { entry, execArgv: typescriptExecArgv() } },
    retryDelayMs: 10,
    ...options,
  });
  managers.push(manager);
  await manager.start();
  return manager;
}

const order = (what: FixtureOrder, requestId = '', runId = '') => ({
  stage: 'detector',
  requestId,
  runId,
  request: { typeUrl: 'test/Order', value: Buffer.from(JSON.stringify(what)) },
});

function resultOf(job: JobRecord): Record<string, number> {
  expect(job).toMatchObject({ state: 'SUCCEEDED' });
  return JSON.parse(Buffer.from(job.result!.value).toString()) as Record<string, number>;
}

async function failureOf(work: Promise<unknown>): Promise<UbtError> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(UbtError);
  return thrown as UbtError;
}

/** A record as it was before its job ended. */
function withoutEnd(record: JobRecord): JobRecord {
  const kept = Object.entries(record).filter(([key]) => key !== 'result' && key !== 'endTime');
  return Object.fromEntries(kept) as unknown as JobRecord;
}

const runningAt = (manager: JobManager, name: string, done: number) =>
  waitFor(() => (manager.get(name).progress?.done ?? 0) >= done);

describe('a job', () => {
  it('runs in a process of its own and reports progress, rate and remaining time', async () => {
    const manager = await startManager();
    const { name, state } = await manager.submit(order({ steps: 8, stepMs: 120 }, 'r1', 'run-1'));
    expect(['QUEUED', 'RUNNING']).toContain(state);
    const seen: JobRecord[] = [];
    for await (const job of manager.watch(name)) seen.push(job);
    const result = resultOf(seen.at(-1)!);
    expect(result).toMatchObject({ steps: 8, resumed: 0, attempt: 1 });
    expect(result.pid).not.toBe(process.pid);
    const halfWay = seen.find((job) => (job.progress?.done ?? 0) >= 4)!.progress!;
    expect(halfWay.rate).toBeGreaterThan(2);
    expect(halfWay.rate).toBeLessThan(9);
    expect(halfWay.etaSeconds).toBeGreaterThan(0.1);
    const sequences = seen.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    // Nobody needs the checkpoints any more.
    await waitFor(async () => (await readdir(join(directory.path, 'work'))).length === 0);
  });

  it('fails with the error of its worker', async () => {
    const manager = await startManager();
    const { name } = await manager.submit(order({ fail: true }));
    const job = await manager.wait(name);
    expect(job).toMatchObject({
      state: 'FAILED',
      attempt: 1,
      error: { kind: 'invalid-argument', code: 'PAIRS_EMPTY', fix: 'give some' },
    });
  });

  it('is the same job for the same request id and body, and no other', async () => {
    const manager = await startManager();
    const twins = await Promise.all([
      manager.submit(order({ steps: 2 }, 'same')),
      manager.submit(order({ steps: 2 }, 'same')),
    ]);
    expect(twins[0]!.name).toBe(twins[1]!.name);
    await manager.wait(twins[0]!.name);
    expect((await manager.submit(order({ steps: 2 }, 'same'))).name).toBe(twins[0]!.name);
    const failure = await failureOf(manager.submit(order({ steps: 3 }, 'same')));
    expect(failure).toMatchObject({ kind: 'already-exists', code: 'REQUEST_ID_REUSED' });
    const [first, second] = [await manager.submit(order({})), await manager.submit(order({}))];
    expect(first.name).not.toBe(second.name);
  });

  it('waits for its turn, in order', async () => {
    const manager = await startManager();
    const names: string[] = [];
    for (let index = 0; index < 3; index++) names.push((await manager.submit(order({ steps: 1 }))).name);
    expect(manager.get(names[2]!).state).toBe('QUEUED');
    const jobs = await Promise.all(names.map((name) => manager.wait(name)));
    for (const [before, after] of [jobs.slice(0, 2), jobs.slice(1)] as [JobRecord, JobRecord][]) {
      expect(Date.parse(after.startTime!)).toBeGreaterThanOrEqual(Date.parse(before.endTime!));
    }
  });

  it('refuses work for another stage and above the queue limit', async () => {
    const manager = await startManager({ maxQueued: 1 });
    expect(await failureOf(manager.submit({ ...order({}), stage: 'unlearner' }))).toMatchObject({
      code: 'STAGE_UNKNOWN',
    });
    await manager.submit(order({ steps: 1_000 }));
    await manager.submit(order({}));
    expect(await failureOf(manager.submit(order({})))).toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('cancelling', () => {
  it.each([
    ['a worker that listens', { steps: 1_000 }],
    ['a worker that does not listen', { steps: 1_000, deaf: true }],
    ['a worker that blocks its event loop', { steps: 10, stepMs: 5_000, block: true }],
  ])('ends %s within two seconds', async (_, what) => {
    const manager = await startManager();
    const { name } = await manager.submit(order(what));
    if ('block' in what) await sleep(1_000);
    else await runningAt(manager, name, 1);
    const started = Date.now();
    await manager.cancel(name);
    const job = await manager.wait(name);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(job).toMatchObject({
      state: 'CANCELLED',
      cancelRequested: true,
      error: { code: 'JOB_CANCELLED' },
    });
    await expect(manager.cancel(name)).resolves.toMatchObject({ state: 'CANCELLED' });
  });

  it('takes a waiting job out of the queue', async () => {
    const manager = await startManager();
    const first = await manager.submit(order({ steps: 1_000 }));
    const second = await manager.submit(order({}));
    await expect(manager.cancel(second.name)).resolves.toMatchObject({ state: 'CANCELLED', attempt: 0 });
    expect(manager.get(first.name).state).toBe('RUNNING');
    expect(await failureOf(manager.cancel('jobs/none'))).toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('a worker that dies', () => {
  it('is replaced by one that goes on from the checkpoint', async () => {
    const manager = await startManager();
    const { name } = await manager.submit(order({ steps: 6, dieAt: 4 }));
    expect(resultOf(await manager.wait(name))).toMatchObject({ steps: 6, resumed: 4, attempt: 2 });
  });

  it('fails the job with the reason when it keeps dying', async () => {
    const manager = await startManager({ maxAttempts: 2 });
    const { name } = await manager.submit(order({ alwaysDie: true }));
    const job = await manager.wait(name);
    expect(job).toMatchObject({ state: 'FAILED', attempt: 2, error: { code: 'WORKER_DIED' } });
    expect(job.error!.message).toContain('SIGKILL');
    const next = await manager.submit(order({ steps: 1 }));
    expect((await manager.wait(next.name)).state).toBe('SUCCEEDED');
  });

  it('reports a worker that ran out of memory', async () => {
    const execArgv = [...typescriptExecArgv(), '--max-old-space-size=64'];
    const manager = await startManager({ maxAttempts: 1, workers: { detector: { entry, execArgv } } });
    const { name } = await manager.submit(order({ exhaustMemory: true }));
    const job = await manager.wait(name);
    expect(job.error).toMatchObject({ code: 'WORKER_DIED' });
    expect(job.error!.message).toMatch(/memory/);
  });

  it('reports an entry file that cannot run', async () => {
    const broken = join(directory.path, 'broken.mjs');
    await writeFile(broken, 'throw new Error("no such model library");');
    const manager = await startManager({ maxAttempts: 1, workers: { detector: { entry: broken } } });
    const { name } = await manager.submit(order({}));
    expect((await manager.wait(name)).error!.message).toContain('no such model library');
  });

  it('is ended at the time limit', async () => {
    const worker = { entry, execArgv: typescriptExecArgv(), timeLimitMs: 1_500 };
    const manager = await startManager({ workers: { detector: worker } });
    const { name } = await manager.submit(order({ steps: 10_000 }));
    expect(await manager.wait(name)).toMatchObject({
      state: 'FAILED',
      error: { kind: 'deadline-exceeded', code: 'JOB_TIME_LIMIT' },
    });
  });
});

describe('a restart of the service', () => {
  it('keeps ended jobs, and takes up a job where a graceful stop left it', async () => {
    const before = await startManager({ maxAttempts: 1 });
    const done = await before.submit(order({ steps: 1 }, 'done'));
    await before.wait(done.name);
    const running = await before.submit(order({ steps: 40, stepMs: 30 }, 'running'));
    const waiting = await before.submit(order({ steps: 1 }, 'waiting'));
    await runningAt(before, running.name, 3);
    await before.stop();
    expect(before.get(running.name)).toMatchObject({ state: 'QUEUED', interruptions: 1 });
    expect(await failureOf(before.submit(order({})))).toMatchObject({ code: 'SERVICE_STOPPING' });

    const after = await startManager({ maxAttempts: 1 });
    expect(after.get(done.name)).toMatchObject({ state: 'SUCCEEDED', requestId: 'done' });
    const result = resultOf(await after.wait(running.name));
    expect(result.attempt).toBe(2);
    expect(result.resumed).toBeGreaterThanOrEqual(3);
    expect((await after.wait(waiting.name)).state).toBe('SUCCEEDED');
    expect((await after.submit(order({ steps: 1 }, 'done'))).name).toBe(done.name);
  });

  it('takes up a job whose service was killed, and gives up one that kills it every time', async () => {
    const store = createFileJobStore(join(directory.path, 'jobs'));
    const before = await startManager();
    const { name } = await before.submit(order({ steps: 1 }));
    const record = await before.wait(name);
    await before.stop();
    const unfinished = withoutEnd(record);
    await store.save({ ...unfinished, state: 'RUNNING', attempt: 1, name: 'jobs/left' });
    await store.save({ ...unfinished, state: 'RUNNING', attempt: 3, name: 'jobs/killer' });
    await store.save({ ...unfinished, state: 'RUNNING', cancelRequested: true, name: 'jobs/unwanted' });

    const after = await startManager();
    expect(await after.wait('jobs/left')).toMatchObject({ state: 'SUCCEEDED', attempt: 2 });
    expect(await after.wait('jobs/killer')).toMatchObject({
      state: 'FAILED',
      error: { code: 'WORKER_DIED' },
    });
    expect(await after.wait('jobs/unwanted')).toMatchObject({ state: 'CANCELLED' });
    expect(after.get('jobs/left').sequence).toBeGreaterThan(1_000);
  });

  it('sets a corrupt record aside', async () => {
    const jobs = join(directory.path, 'jobs');
    await mkdir(jobs);
    await writeFile(join(jobs, 'bad.json'), '{"name":"jobs/bad"');
    const manager = await startManager();
    expect(manager.list({}).jobs).toEqual([]);
    await expect(readdir(jobs)).resolves.toEqual(['bad.json.corrupt']);
  });

  it('removes a record that a killed service was writing', async () => {
    const jobs = join(directory.path, 'jobs');
    await mkdir(jobs);
    await writeFile(join(jobs, 'cut.json.tmp'), '{"name":"jo');
    await startManager();
    await expect(readdir(jobs)).resolves.toEqual([]);
  });
});

describe('the end of a job', () => {
  it('is announced until it worked, also after a restart', async () => {
    const told: string[] = [];
    let reachable = false;
    const announce = async (job: JobRecord) => {
      if (!reachable) throw new UbtError('unavailable', 'no broker', { code: 'BUS_UNAVAILABLE' });
      told.push(`${job.name} ${job.state}`);
    };
    const before = await startManager({ announce });
    const { name } = await before.submit(order({ steps: 1 }));
    await before.wait(name);
    await before.stop();
    expect(told).toEqual([]);

    reachable = true;
    const after = await startManager({ announce });
    await waitFor(() => told.length > 0);
    expect(told).toEqual([`${name} SUCCEEDED`]);
    await waitFor(() => after.get(name).announced);
    await after.stop();
    await (await startManager({ announce })).stop();
    expect(told).toHaveLength(1);
  });

  it('comes after the announcement of its start', async () => {
    const told: string[] = [];
    const announce = (job: JobRecord) => Promise.resolve(void told.push(job.state));
    const manager = await startManager({ announce });
    const { name } = await manager.submit(order({ steps: 1 }));
    await manager.wait(name);
    await waitFor(() => told.length === 2);
    expect(told).toEqual(['RUNNING', 'SUCCEEDED']);
  });
});

describe('a store that cannot write', () => {
  it('refuses new jobs and fails running ones clearly, and the service goes on', async () => {
    let full = false;
    const store = createFileJobStore(join(directory.path, 'jobs'));
    const noSpace = () =>
      full ? Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' })) : undefined;
    const limited: JobStore = {
      ...store,
      save: async (record) => (await noSpace(), store.save(record)),
      saveLazily: async (record) => (await noSpace(), store.saveLazily(record)),
    };
    const manager = await startManager({ store: limited });
    const { name } = await manager.submit(order({ steps: 3, stepMs: 100 }));
    await runningAt(manager, name, 1);
    full = true;
    expect(await failureOf(manager.submit(order({}, 'later')))).toMatchObject({ code: 'DISK_FULL' });
    expect(await manager.wait(name)).toMatchObject({ state: 'FAILED', error: { code: 'DISK_FULL' } });
    full = false;
    const later = await manager.submit(order({}, 'later'));
    expect((await manager.wait(later.name)).state).toBe('SUCCEEDED');
  });
});

describe('a job folder', () => {
  it('that cannot take the note of its worker fails the job, and the worker goes', async () => {
    const manager = await startManager();
    const first = await manager.submit(order({ steps: 100, stepMs: 100 }));
    const second = await manager.submit(order({ steps: 100, stepMs: 100, deaf: true }));
    // A folder in the place of the file that the note would be.
    await mkdir(join(directory.path, 'work', second.name.slice('jobs/'.length), 'worker.pid'), {
      recursive: true,
    });
    await manager.cancel(first.name);
    const { state, error } = await manager.wait(second.name);
    expect({ state, told: error?.message }).toEqual({
      state: 'FAILED',
      told: expect.stringContaining('worker.pid'),
    });
    expect(await processesOf(second.name)).toEqual([]);
  });

  it('that a killed service left of an ended job goes at the next start; others stay', async () => {
    const manager = await startManager();
    const { name } = await manager.submit(order({ steps: 1 }));
    await manager.wait(name);
    await manager.stop();
    const work = join(directory.path, 'work');
    for (const folder of [name.slice('jobs/'.length), 'somebody-elses']) {
      await mkdir(join(work, folder), { recursive: true });
    }
    await startManager();
    expect(await readdir(work)).toEqual(['somebody-elses']);
  });
});

/** Process ids that have the job on their command line. */
async function processesOf(job: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')]),
  );
  return lines.filter(([, line]) => line!.split('\0').includes(job)).map(([pid]) => pid!);
}

it('lists jobs newest first, a page at a time', async () => {
  const manager = await startManager({ concurrency: 2 });
  for (const runId of ['a', 'b', 'a', 'b', 'a']) await manager.submit(order({ steps: 1 }, '', runId));
  const first = manager.list({ pageSize: 2, runId: 'a' });
  expect(first.jobs.map(({ runId }) => runId)).toEqual(['a', 'a']);
  await manager.submit(order({ steps: 1 }, '', 'a'));
  const second = manager.list({ pageSize: 2, runId: 'a', pageToken: first.nextPageToken });
  expect(second).toMatchObject({ nextPageToken: '', jobs: [{ runId: 'a' }] });
  const times = [...first.jobs, ...second.jobs].map(({ createTime }) => createTime);
  expect(times).toEqual([...times].sort().reverse());
  expect(() => manager.list({ pageToken: 'nonsense' })).toThrow(
    expect.objectContaining({ code: 'PAGE_TOKEN_INVALID' }),
  );
  expect(() => manager.list({ pageSize: 1_001 })).toThrow(
    expect.objectContaining({ code: 'PAGE_SIZE_INVALID' }),
  );
});

it('forgets the oldest ended jobs', async () => {
  const manager = await startManager({ keepJobs: 1 });
  const first = await manager.submit(order({ steps: 1 }));
  const second = await manager.submit(order({ steps: 1 }));
  await manager.wait(second.name);
  await waitFor(() => manager.list({}).jobs.length === 1);
  expect(() => manager.get(first.name)).toThrow(expect.objectContaining({ code: 'JOB_NOT_FOUND' }));
  await waitFor(async () => (await readdir(join(directory.path, 'jobs'))).length === 1);
  const [file] = await readdir(join(directory.path, 'jobs'));
  expect(await readFile(join(directory.path, 'jobs', file!), 'utf8')).toContain(second.name);
});

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JobState, JobsService, type Job } from '@ubt/contracts';
import { temporaryDirectory, typescriptExecArgv, waitFor, type TemporaryDirectory } from '@ubt/test-kit';
import { connect, fromJobError, type ServiceClient } from '../src/index.js';
import type { FixtureOrder } from './fixture-worker.js';

type Client = ServiceClient<typeof JobsService>;

// Worker processes take their time to start on a busy machine.
let directory: TemporaryDirectory;
const children: ChildProcess[] = [];
const clients: Client[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(children.splice(0).map((child) => end(child, 'SIGTERM')));
  await directory.remove();
});

async function startService(): Promise<{ child: ChildProcess; client: Client }> {
  const service = new URL('./fixture-service.ts', import.meta.url);
  const execArgv = typescriptExecArgv();
  const child = fork(service, [directory.path, ...execArgv], { execArgv });
  children.push(child);
  const [address] = (await once(child, 'message')) as [string];
  const client = connect(JobsService, address);
  clients.push(client);
  return { child, client };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function submit(service: ChildProcess, order: FixtureOrder): Promise<string> {
  const answer = once(service, 'message');
  service.send(order);
  const [name] = (await answer) as [string];
  return name;
}

async function watchToEnd(client: Client, name: string, afterSequence = 0n): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const { job } of client.watchJob({ name, afterSequence })) jobs.push(job!);
  return jobs;
}

const doneOf = (job: Job | undefined) => Number(job?.progress?.done ?? 0n);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('WatchJob', () => {
  it('sends the record at every change and ends with the last one', async () => {
    const { child, client } = await startService();
    const name = await submit(child, { steps: 4, stepMs: 150 });
    const jobs = await watchToEnd(client, name);
    const last = jobs.at(-1)!;
    expect(last).toMatchObject({ name, stage: 'detector', state: JobState.JOB_STATE_SUCCEEDED, attempt: 1 });
    expect(last.endTime!.seconds).toBeGreaterThanOrEqual(last.startTime!.seconds);
    expect(JSON.parse(last.result!.value.toString())).toMatchObject({ steps: 4 });
    expect(jobs.map(doneOf).filter((done) => done > 0)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
  });

  it('goes on after the sequence number that a lost stream left off at', async () => {
    const { child, client } = await startService();
    const name = await submit(child, { steps: 8, stepMs: 120 });
    let seen: Job | undefined;
    for await (const { job } of client.watchJob({ name, afterSequence: 0n })) {
      seen = job!;
      if (doneOf(seen) >= 2) break;
    }
    const rest = await watchToEnd(client, name, seen!.sequence);
    expect(rest.every(({ sequence }) => sequence > seen!.sequence)).toBe(true);
    expect(rest.at(-1)!.state).toBe(JobState.JOB_STATE_SUCCEEDED);
    await expect(watchToEnd(client, name, rest.at(-1)!.sequence)).resolves.toEqual([]);
  });

  it('answers NOT_FOUND for a job that is not there, as the other calls do', async () => {
    const { client } = await startService();
    const missing = { kind: 'not-found', code: 'JOB_NOT_FOUND' };
    await expect(watchToEnd(client, 'jobs/none')).rejects.toMatchObject(missing);
    await expect(client.getJob({ name: 'jobs/none' })).rejects.toMatchObject(missing);
    await expect(client.cancelJob({ name: 'jobs/none' })).rejects.toMatchObject(missing);
  });

  it('shows a cancellation within two seconds', async () => {
    const { child, client } = await startService();
    const name = await submit(child, { steps: 10_000 });
    await waitFor(async () => doneOf((await client.getJob({ name })).job) > 0);
    const started = Date.now();
    await client.cancelJob({ name });
    const last = (await watchToEnd(client, name)).at(-1)!;
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(last.state).toBe(JobState.JOB_STATE_CANCELLED);
    expect(fromJobError(last.error!)).toMatchObject({ kind: 'cancelled', code: 'JOB_CANCELLED' });
  });

  it('lists jobs in pages', async () => {
    const { child, client } = await startService();
    for (const steps of [1, 2, 3]) await submit(child, { steps });
    const first = await client.listJobs({ pageSize: 2, pageToken: '', runId: '' });
    const second = await client.listJobs({ pageSize: 2, pageToken: first.nextPageToken, runId: '' });
    expect([first.jobs.length, second.jobs.length, second.nextPageToken]).toEqual([2, 1, '']);
  });
});

describe('a service that is killed', () => {
  it.each([
    ['sleeps', { steps: 60, stepMs: 50 }],
    ['blocks its event loop', { steps: 12, stepMs: 300, block: true }],
  ])('takes its worker, which %s, with it and goes on after a restart', async (_, order) => {
    const { child, client } = await startService();
    const name = await submit(child, order);
    await waitFor(async () => doneOf((await client.getJob({ name })).job) >= 2);
    const pidFile = join(directory.path, 'work', name.slice('jobs/'.length), 'worker.pid');
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    await end(child, 'SIGKILL');

    const { client: next } = await startService();
    const last = (await watchToEnd(next, name)).at(-1)!;
    expect(isAlive(pid)).toBe(false);
    expect(last).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
    const result = JSON.parse(last.result!.value.toString()) as { resumed: number; pid: number };
    expect(result.resumed).toBeGreaterThanOrEqual(2);
    expect(result.pid).not.toBe(pid);
  });

  it('leaves no worker behind even if it never comes back', async () => {
    const { child, client } = await startService();
    const name = await submit(child, { steps: 10_000, stepMs: 50 });
    await waitFor(async () => doneOf((await client.getJob({ name })).job) >= 1);
    const pidFile = join(directory.path, 'work', name.slice('jobs/'.length), 'worker.pid');
    const pid = Number(await readFile(pidFile, 'utf8'));
    await end(child, 'SIGKILL');
    await waitFor(() => !isAlive(pid), { what: 'the end of the worker' });
  });
});

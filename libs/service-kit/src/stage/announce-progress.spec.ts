import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { JobRecord } from '../jobs/job-record.js';
import { progressAnnouncer } from './announce-progress.js';

const job = (done: number, more: Partial<JobRecord> = {}) => {
  const progress = { phase: 'steps', done, total: 9, unit: 'steps', rate: 1, etaSeconds: 1 };
  return { name: 'jobs/1', state: 'RUNNING', progress, ...more } as JobRecord;
};

it('tells progress at most once per interval and job', async () => {
  const told: string[] = [];
  const publish = (record: JobRecord) =>
    Promise.resolve(told.push(`${record.name} ${record.progress?.done}`));
  const hear = progressAnnouncer(publish, 50);
  for (const done of [1, 2, 3]) hear(job(done));
  hear(job(7, { name: 'jobs/2' }));
  await sleep(80);
  hear(job(4));
  expect(told).toEqual(['jobs/1 1', 'jobs/2 7', 'jobs/1 4']);
});

it('says nothing of jobs that wait or have ended', () => {
  const told: JobRecord[] = [];
  const hear = progressAnnouncer((record) => Promise.resolve(told.push(record)), 0);
  hear(job(1, { state: 'QUEUED' }));
  hear(job(1, { state: 'SUCCEEDED' }));
  hear({ name: 'jobs/1', state: 'RUNNING' } as JobRecord);
  expect(told).toEqual([]);
});

it('has one event under way at a time, and goes on after a failure', async () => {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const publish = () =>
    new Promise<void>((_, reject) => (asked++, waiting.push(() => reject(new Error('down')))));
  const hear = progressAnnouncer(publish, 0);
  for (const done of [1, 2, 3]) hear(job(done));
  expect(asked).toBe(1);
  waiting[0]!();
  await sleep(0);
  hear(job(4));
  expect(asked).toBe(2);
});

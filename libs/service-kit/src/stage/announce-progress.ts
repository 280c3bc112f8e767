import { isFinal, type JobRecord } from '../jobs/job-record.js';

/** Shortest time between two progress events of a job. */
const INTERVAL_MS = 1_000;

/**
 * Tells how far running jobs are, at most once a second per job and never two at a time: progress that cannot be
 * told, as when the bus is down, is dropped.
 *
 * @param publish tells it; may fail
 * @returns what hears every change of a job
 */
export function progressAnnouncer(
  publish: (job: JobRecord) => Promise<unknown>,
  intervalMs = INTERVAL_MS,
): (job: JobRecord) => void {
  const told = new Map<string, number>();
  const busy = new Set<string>();
  return (job) => {
    if (isFinal(job)) return void told.delete(job.name);
    if (job.state !== 'RUNNING' || job.progress === undefined || busy.has(job.name)) return;
    const now = performance.now();
    if (now - (told.get(job.name) ?? -Infinity) < intervalMs) return;
    told.set(job.name, now);
    busy.add(job.name);
    const done = () => void busy.delete(job.name);
    publish(job).then(done, done);
  };
}

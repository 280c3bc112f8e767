import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from './job-error.js';
import { runJobs } from './find-run-job.js';
import type { StageClient } from './stage-client.js';

const LONGEST_WAIT_MS = 5_000;
const POLL_MS = 100;

/**
 * Cancels whatever jobs of a run are still under way, and waits a few seconds until they have stopped. Never
 * throws: it runs when something else has already gone wrong.
 */
export async function cancelRun(clients: readonly StageClient[], runId: string): Promise<void> {
  await Promise.allSettled(clients.map((client) => cancelStage(client, runId)));
}

async function cancelStage(client: StageClient, runId: string): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  const asked = new Set<string>();
  do {
    const open = (await runJobs(client, runId, AbortSignal.timeout(2_000))).filter((job) => !hasEnded(job));
    if (open.length === 0) return;
    for (const { name } of open.filter((job) => !asked.has(job.name))) {
      await client.jobs.cancelJob({ name }, { deadlineMs: 2_000 });
      asked.add(name);
    }
    await sleep(POLL_MS);
  } while (performance.now() < deadline);
}

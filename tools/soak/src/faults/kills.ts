import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '@ubt/contracts';
import { hasEnded } from '../run/follow-job.js';
import { between, percent, seconds } from './draws.js';
import type { Fault } from './fault.js';

/** Kills a service (−9) at some point of its job or just after it, and starts it again after a while. */
export const killService = (stage: Stage): Fault => ({
  ...{ name: 'kill-service', stage, store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const [share, downMs] = [between(random, 0, 1.2), between(random, 0, 3_000)];
    const job = await run.moment(stage, share);
    await run.world.killStage(stage);
    await sleep(downMs);
    await run.world.revive(stage);
    const when = hasEnded(job) ? 'after its job' : `at ${percent(share)} of its job`;
    return { hit: true, note: `${when}, down for ${seconds(downMs)}` };
  },
});

/** Kills the worker process of a job (−9), at times the next one too. */
export const killWorker = (stage: Stage): Fault => ({
  ...{ name: 'kill-worker', stage, store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const share = between(random, 0, 0.9);
    const kills = random() < 0.3 ? 2 : 1;
    // Half of them fall into the work that is counted, wherever that lies in the time of the job.
    const isCounted = stage !== 'selector' && random() < 0.5;
    let killed = 0;
    for (; killed < kills; killed++) {
      const job = await (isCounted ? run.progress(stage, share) : run.moment(stage, share));
      if (job === undefined || hasEnded(job)) break;
      const pid = await run.world.workerPid(stage, job.name);
      if (pid === undefined || !(await isWorkerOf(pid, job.name))) break;
      process.kill(pid, 'SIGKILL');
      await run.followers[stage].until(
        (now) => now.attempt > job.attempt || hasEnded(now),
        60_000,
        'a new worker',
      );
    }
    const place = `${percent(share)} of its ${isCounted ? 'count' : 'job'}`;
    return { hit: killed > 0, note: `${killed === 2 ? 'twice, ' : ''}at ${place}` };
  },
});

/** Process ids are used again, so a process is only killed for being what it is. */
async function isWorkerOf(pid: number, job: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(job);
}

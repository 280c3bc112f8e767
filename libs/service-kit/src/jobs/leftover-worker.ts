import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PID_FILE = 'worker.pid';

/** Notes which process works in a job's folder. */
export async function noteWorker(directory: string, pid: number | undefined): Promise<void> {
  if (pid !== undefined) await writeFile(join(directory, PID_FILE), String(pid));
}

/**
 * Ends the worker that a killed service may have left in a job's folder. Workers leave by themselves when
 * their service is gone, but not before the step at hand is done, and two must not write one checkpoint.
 * The process must have the job's name on its command line, since process ids are used again; where that
 * cannot be looked up (no /proc), nothing is ended.
 */
export async function endLeftoverWorker(directory: string, job: string): Promise<void> {
  const pid = Number(await readFile(join(directory, PID_FILE), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  while (await runsJob(pid, job)) {
    process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
}

async function runsJob(pid: number, job: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(job);
}

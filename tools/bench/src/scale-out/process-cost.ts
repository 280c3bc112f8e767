import { readFile } from 'node:fs/promises';

/** What a process and those it started have used. */
export interface ProcessCost {
  /** Processor time of the process, of its children, and of those that have ended, in seconds. */
  readonly seconds: number;
  /** Largest memory that one of the living ones ever held, in MiB. */
  readonly peakMiB: number;
}

/** Clock ticks per second in /proc; the kernel's interface fixes it. */
const TICKS = 100;

/** Reads it from /proc; nothing of a process that is gone. */
export async function processCost(pid: number): Promise<ProcessCost> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in brackets, may hold anything; the fields behind it are numbers, state first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const costs = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(processCost));
  return {
    seconds: costs.reduce((sum, { seconds }) => sum + seconds, ticks / TICKS),
    peakMiB: costs.reduce((most, { peakMiB }) => Math.max(most, peakMiB), peak),
  };
}

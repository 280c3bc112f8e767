import { UbtError } from '@ubt/errors';
import type { BenchContext } from './bench-context.js';
import { planTasks, type Gathered } from './plan.js';

/**
 * Runs the steps of the wanted parts one after the other; of the other parts, what the cache holds is filed.
 *
 * @param print takes lines about the progress
 */
export async function runTasks(context: BenchContext, print: (line: string) => void): Promise<Gathered> {
  const gathered: Gathered = { victims: new Map(), unpoisoned: new Map() };
  const tasks = planTasks(context);
  for (const [index, task] of tasks.entries()) {
    context.signal.throwIfAborted();
    const wanted = context.options.parts.has(task.part);
    const heading = `[${index + 1}/${tasks.length}] ${task.label}`;
    if (wanted) {
      const started = performance.now();
      const note = (line: string) => print(`${heading} … ${line}`);
      await task.run({ ...context, note }, gathered);
      print(`${heading}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } else {
      await fromCache(() => task.run({ ...context, store: context.store.cachedOnly }, gathered));
    }
  }
  return gathered;
}

/** What was never computed is left out. */
async function fromCache(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (UbtError.from(error).code !== 'CELL_MISSING') throw error;
  }
}

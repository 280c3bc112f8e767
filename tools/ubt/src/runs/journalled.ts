import { UbtError } from '@ubt/errors';
import { writeRunEntry, type RunEntry, type RunFolder } from './run-journal.js';

/** What is known about a run when it starts. */
export type RunStart = Pick<RunEntry, 'runId' | 'command' | 'out'>;

/** What a run's result tells its record. */
export interface RunFindings {
  readonly verdict?: string;
  readonly outcome?: string;
}

/** Runs `work` and keeps the run's record up to date: running, then how it ended. */
export async function journalled<T extends { readonly findings: RunFindings }>(
  folder: RunFolder,
  start: RunStart,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = new Date().toISOString();
  const entry: RunEntry = { schemaVersion: 1, ...start, startedAt, state: 'running', pid: process.pid };
  await writeRunEntry(folder, entry);
  const ended = (end: Partial<RunEntry>) =>
    writeRunEntry(folder, { ...entry, ...end, endedAt: new Date().toISOString() });
  try {
    const result = await work();
    await ended({ state: 'succeeded', ...result.findings });
    return result;
  } catch (thrown) {
    const error = UbtError.from(thrown);
    // The failure at hand is the one to report, even if it cannot be written down.
    await ended({ state: error.kind === 'cancelled' ? 'cancelled' : 'failed', error: error.toJSON() }).catch(
      () => undefined,
    );
    throw thrown;
  }
}

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError, type SerializedError } from '@ubt/errors';
import { z } from 'zod';

const entrySchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  /** The command that made it: defend, detect, select or unlearn. */
  command: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  /** Process that runs it. */
  pid: z.int(),
  /** Where the results go. */
  out: z.string(),
  verdict: z.string().optional(),
  outcome: z.string().optional(),
  error: z.custom<SerializedError>().optional(),
});

/** What is remembered about a run started from this command line. */
export type RunEntry = z.infer<typeof entrySchema>;

/** The files of one run below the data folder. */
export interface RunFolder {
  readonly path: string;
  /** Log of the services that ran in the process. */
  readonly log: string;
  /** Spans, one JSON object per line. */
  readonly spans: string;
  /** Jobs and artefacts of the services; removed when the run has ended. */
  readonly work: string;
}

/** Where a run keeps its files. */
export function runFolder(dataDir: string, runId: string): RunFolder {
  const path = join(dataDir, 'runs', runId);
  return {
    path,
    log: join(path, 'services.log'),
    spans: join(path, 'trace.jsonl'),
    work: join(path, 'work'),
  };
}

/** Writes down where a run stands. */
export async function writeRunEntry(folder: RunFolder, entry: RunEntry): Promise<void> {
  await mkdir(folder.path, { recursive: true }).catch((error: unknown) => {
    throw UbtError.from(error);
  });
  await atomicWriteFile(join(folder.path, 'run.json'), `${JSON.stringify(entry, undefined, 2)}\n`);
}

/** The runs below the data folder, newest first. Folders without a readable record are left out. */
export async function listRuns(dataDir: string): Promise<RunEntry[]> {
  const names = await readdir(join(dataDir, 'runs')).catch(() => []);
  const entries = await Promise.all(names.map((name) => readEntry(join(dataDir, 'runs', name, 'run.json'))));
  return entries
    .filter((entry) => entry !== undefined)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** Forgets a run and removes its files; its results in the out folder stay. */
export async function removeRun(dataDir: string, runId: string): Promise<void> {
  await rm(runFolder(dataDir, runId).path, { recursive: true, force: true });
}

/** What a run's record says now: one that was running when its process died was interrupted. */
export function stateNow({ state, pid }: RunEntry): RunEntry['state'] | 'interrupted' {
  if (state !== 'running') return state;
  try {
    process.kill(pid, 0);
    return state;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? state : 'interrupted';
  }
}

async function readEntry(path: string): Promise<RunEntry | undefined> {
  try {
    return entrySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

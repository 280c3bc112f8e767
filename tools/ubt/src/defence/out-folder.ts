import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UbtError } from '@ubt/errors';

/** The folder that gets a command's results: all of them, or nothing. */
export interface OutFolder {
  readonly path: string;
  /** Where results are prepared: inside the folder, so that moving them into place is one rename each. */
  readonly staging: string;
  /** Moves everything prepared into place, the record of the run last. */
  commit(): Promise<void>;
  /** Removes everything prepared, and the folder too if it was made for this. */
  discard(): Promise<void>;
}

/** Name of the record that marks a complete result. */
export const RUN_RECORD = 'run.json';

/** The results of a whole defence, by name. */
export const RESULTS = {
  model: 'model',
  reportJson: 'report.json',
  reportHtml: 'report.html',
  suspects: 'suspects.csv',
  cleanPairs: 'pairs.clean.csv',
  scores: 'scores.jsonl',
  scoresParquet: 'scores.parquet',
  evidence: 'evidence',
  detectionModel: 'detection-model',
  selection: 'selection.json',
  trace: 'trace.jsonl',
  record: RUN_RECORD,
} as const;

const STAGING = /^\.ubt-(partial|replaced)-/;

/** How a folder for results is opened. */
export interface OutFolderOptions {
  readonly runId: string;
  /** Whether the folder may hold something already. */
  readonly mayHoldFiles: boolean;
  /** Earlier results that go when the new ones come, whether or not these have them too. */
  readonly replaces: readonly string[];
}

/**
 * Opens the folder for results.
 *
 * @throws UbtError `failed-precondition`, code OUT_NOT_EMPTY
 */
export async function openOutFolder(
  out: string,
  { runId, mayHoldFiles, replaces }: OutFolderOptions,
): Promise<OutFolder> {
  const path = resolve(out);
  const before = await entriesOf(path);
  const present = before?.filter((name) => !STAGING.test(name)) ?? [];
  if (present.length > 0 && !mayHoldFiles) {
    throw new UbtError('failed-precondition', `${path} is not empty.`, {
      code: 'OUT_NOT_EMPTY',
      fix: 'Choose another --out, or replace the results in it with --force.',
    });
  }
  const staging = join(path, `.ubt-partial-${runId}`);
  await mkdir(staging, { recursive: true }).catch((error: unknown) => {
    throw UbtError.from(error);
  });
  return {
    path,
    staging,
    commit: () => commit(path, staging, replaces, join(path, `.ubt-replaced-${runId}`)),
    async discard() {
      await rm(staging, { recursive: true, force: true });
      if (before === undefined) await rmdir(path).catch(() => undefined);
    },
  };
}

/** What is in the folder; undefined when there is no such folder. */
async function entriesOf(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw UbtError.from(error);
  }
}

async function commit(
  path: string,
  staging: string,
  replaces: readonly string[],
  replaced: string,
): Promise<void> {
  const names = await readdir(staging);
  await mkdir(replaced);
  // The record goes first and comes last: a folder that has one is whole.
  for (const name of new Set([RUN_RECORD, ...replaces, ...names])) {
    if (await exists(join(path, name))) await rename(join(path, name), join(replaced, name));
  }
  for (const name of names.sort((a, b) => Number(a === RUN_RECORD) - Number(b === RUN_RECORD))) {
    await rename(join(staging, name), join(path, name));
  }
  await rm(replaced, { recursive: true, force: true });
  await rm(staging, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

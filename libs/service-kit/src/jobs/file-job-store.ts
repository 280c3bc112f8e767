import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { decodeJobRecord, encodeJobRecord, type JobRecord } from './job-record.js';
import type { JobStore } from './job-store.js';

const TEMPORARY = '.tmp';

/**
 * A job store in a folder: one JSON file per job, replaced by write, sync and rename. A file that cannot be
 * read back is set aside as `*.corrupt` and logged, so that it does not keep the service down.
 *
 * @throws UbtError from its methods when the folder cannot be written: DISK_FULL, FILE_ACCESS_DENIED, …
 */
export function createFileJobStore(directory: string, logger: Logger = silentLogger()): JobStore {
  const fileOf = (name: string) => join(directory, `${name.slice(name.indexOf('/') + 1)}.json`);
  const write = (record: JobRecord, durable: boolean) =>
    replaceFile(directory, fileOf(record.name), encodeJobRecord(record), durable);

  return {
    load: async () => {
      await mkdir(directory, { recursive: true });
      const all = await readdir(directory);
      // One service has this folder, and it has just started: nobody is writing these any more.
      const unfinished = all.filter((name) => name.endsWith(`.json${TEMPORARY}`));
      for (const name of unfinished) await rm(join(directory, name), { force: true });
      const names = all.filter((name) => name.endsWith('.json'));
      const records = await Promise.all(names.map((name) => readRecord(join(directory, name), logger)));
      return records.filter((record) => record !== undefined);
    },
    save: (record) => write(record, true),
    saveLazily: (record) => write(record, false),
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

async function readRecord(file: string, logger: Logger): Promise<JobRecord | undefined> {
  const text = await readFile(file, 'utf8');
  try {
    return decodeJobRecord(text);
  } catch (err) {
    logger.error({ err, file }, 'set aside a job record that cannot be read');
    await rename(file, `${file}.corrupt`);
    return undefined;
  }
}

async function replaceFile(directory: string, file: string, text: string, durable: boolean): Promise<void> {
  const temporary = `${file}${TEMPORARY}`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  if (durable) await syncDirectory(directory);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

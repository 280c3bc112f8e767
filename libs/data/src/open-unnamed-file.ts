import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/**
 * Opens a new file and takes its name away at once (where the system allows that), so that not even a killed process
 * leaves its bytes behind.
 *
 * @param folder where the file is; it is made
 * @throws UbtError `DISK_FULL`, `FILE_ACCESS_DENIED` …
 */
export async function openUnnamedFile(folder: string, path: string): Promise<FileHandle> {
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(path, 'wx+');
    await rm(path).catch(() => undefined);
    return file;
  } catch (error) {
    throw UbtError.from(error);
  }
}

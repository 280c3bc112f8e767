import { realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { UbtError } from '@ubt/errors';

/** A regular file of a model's folder, with symbolic links resolved. */
export interface LocatedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * Finds a file of a model's folder. A link may lead to another file of the folder, or into the `blobs` folder
 * of a Hugging Face cache that the folder is a snapshot of, and nowhere else.
 *
 * @returns undefined when there is no such file
 * @throws UbtError `CHECKPOINT_LINK_OUTSIDE`, `NOT_A_FILE`
 */
export async function locateFile(dir: string, name: string): Promise<LocatedFile | undefined> {
  const path = await unlessMissing(realpath(join(dir, name)));
  if (path === undefined) return undefined;
  const root = await realpath(dir);
  const allowed = [root, join(dirname(dirname(root)), 'blobs')];
  if (!allowed.some((folder) => path.startsWith(folder + sep))) {
    throw new UbtError(
      'permission-denied',
      `${join(dir, name)} is a link that leads out of the model's folder.`,
      {
        code: 'CHECKPOINT_LINK_OUTSIDE',
        fix: 'Replace the link by the file it points to.',
      },
    );
  }
  const info = await stat(path);
  if (!info.isFile()) {
    throw new UbtError('invalid-argument', `${join(dir, name)} is not a regular file.`, {
      code: 'NOT_A_FILE',
      fix: "Give the folder that holds the model's files.",
    });
  }
  return { path, bytes: info.size, modifiedMs: info.mtimeMs };
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw UbtError.from(error);
  }
}

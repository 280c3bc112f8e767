import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';

/** Files that hold one thing together, such as a certificate and its key. */
export interface WatchedFilesOptions<T> {
  /** What they are, for the log: `the certificate`. */
  readonly what: string;
  readonly paths: readonly string[];
  /** Makes the value of the files' bytes; throws when they are not good. */
  readonly parse: (files: readonly Buffer[]) => T;
  /** How often to look, in milliseconds. */
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** A value that follows its files. */
export interface Watched<T> {
  /** The newest value that was good. */
  current(): T;
  onChange(listener: (value: T) => void): () => void;
  close(): void;
}

/**
 * Reads files and looks again from time to time. Files that have become unreadable or wrong (half of a rotation,
 * for one) change nothing: the last good value stays, and the log says so, once per state of the files.
 *
 * Looking instead of listening, because Kubernetes renews a mounted secret by turning a link, which file events
 * of the mounted path do not tell.
 *
 * @throws UbtError of the first reading, such as FILE_NOT_FOUND; and what `parse` throws
 */
export async function watchFiles<T>(options: WatchedFilesOptions<T>): Promise<Watched<T>> {
  const { what, paths, parse, intervalMs, logger } = options;
  const listeners = new Set<(value: T) => void>();
  const first = await readAll(paths);
  let seen = fingerprint(first);
  let value = parse(first);
  let looking = false;

  const look = async () => {
    const files = await readAll(paths).catch((error: unknown) => UbtError.from(error));
    const now = files instanceof UbtError ? files.code : fingerprint(files);
    if (now === seen) return;
    seen = now;
    try {
      if (files instanceof UbtError) throw files;
      value = parse(files);
    } catch (thrown) {
      const { code, message } = UbtError.from(thrown);
      logger.error({ code, reason: message, paths }, `${what} cannot be renewed; the last good state stays`);
      return;
    }
    logger.info({ paths }, `${what} renewed`);
    for (const listener of listeners) listener(value);
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, intervalMs);
  timer.unref();

  return {
    current: () => value,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
}

async function readAll(paths: readonly string[]): Promise<Buffer[]> {
  try {
    return await Promise.all(paths.map((path) => readFile(path)));
  } catch (error) {
    throw UbtError.from(error);
  }
}

function fingerprint(files: readonly Buffer[]): string {
  return files.map((bytes) => createHash('sha256').update(bytes).digest('hex')).join(' ');
}

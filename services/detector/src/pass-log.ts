import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile, type UndecodableImage } from '@ubt/data';
import type { PassLog } from './domain/pair-source.js';
import { decodePassState, encodePassState } from './pass-state.js';

/** Options of {@link createPassLog}. */
export interface PassLogOptions {
  /** The job's own folder. */
  readonly folder: string;
  /** Whether an earlier attempt of the job may have left something there. */
  readonly resume: boolean;
  /** Time between two writes within a pass; 0 writes after every batch. */
  readonly everySeconds: number;
  /** Images that could not be decoded, by path: kept along, because a pass that goes on does not meet them again. */
  readonly undecodable: Map<string, UndecodableImage>;
  /** Told of what was written. */
  readonly onSaved: (note: string) => void;
}

/**
 * Keeps what passes have measured in files of the job, one a pass, so that an attempt after a crash goes on where the
 * one before stood. The passes of a job are the same each time: they are told apart by their number.
 */
export function createPassLog({
  folder,
  resume,
  everySeconds,
  undecodable,
  onSaved,
}: PassLogOptions): PassLog {
  let pass = 0;
  let written = performance.now();
  const path = () => join(folder, `pass-${pass}.state`);
  return {
    async begin() {
      pass += 1;
      written = performance.now();
      const found = resume ? decodePassState(await readFile(path()).catch(() => undefined)) : undefined;
      for (const image of found?.undecodable ?? []) undecodable.set(image.imagePath, image);
      return found?.state;
    },
    async save(state) {
      const isDue = performance.now() - written >= everySeconds * 1000;
      if (!isDue && !state().isDone) return;
      const { rows } = state();
      await atomicWriteFile(path(), encodePassState(state(), [...undecodable.values()]));
      onSaved(`pass ${pass}, ${rows.length} pairs`);
      written = performance.now();
    },
  };
}

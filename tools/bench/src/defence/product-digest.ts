import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { workspace } from '../workspace.js';

const MODELS = ['libs/clip', 'libs/engine', 'libs/data'];
const DETECTING = [...MODELS, 'libs/consensus', 'services/detector'];

/** What a piece of the benchmark is made by, and the built packages that decide what it computes. */
export const DECISIVE = {
  defence: [...DETECTING, 'services/selector', 'services/unlearner', 'libs/evaluation'],
  detection: DETECTING,
  measures: [...MODELS, 'libs/evaluation'],
} as const satisfies Record<string, readonly string[]>;

/** Digests of the product as it is built; 16 hexadecimal digits each. */
export type ProductDigests = Readonly<Record<keyof typeof DECISIVE, string>>;

/**
 * Digests of the product as it is built, by what is made with it: results of another build are not taken for this
 * one's, and what a change does not touch is kept.
 *
 * @throws UbtError `NOT_BUILT`
 */
export async function productDigests(root = workspace): Promise<ProductDigests> {
  return {
    defence: await digestOf(DECISIVE.defence, root),
    detection: await digestOf(DECISIVE.detection, root),
    measures: await digestOf(DECISIVE.measures, root),
  };
}

async function digestOf(folders: readonly string[], root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const dist = join(root, folder, 'dist');
    const files = await readdir(dist, { recursive: true }).catch((cause: unknown) => {
      throw new UbtError('failed-precondition', `${folder} is not built: there is no ${dist}.`, {
        code: 'NOT_BUILT',
        fix: 'Run "npm run build" first.',
        cause,
      });
    });
    for (const file of files.filter((name) => name.endsWith('.js')).sort()) {
      hash.update(`${folder}/${file}\n`).update(await readFile(join(dist, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

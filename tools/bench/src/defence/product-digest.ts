import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { workspace } from '../workspace.js';

/** The built packages that decide what a defence computes. */
export const DECISIVE: readonly string[] = [
  'services/detector',
  'services/selector',
  'services/unlearner',
  'libs/clip',
  'libs/consensus',
  'libs/engine',
  'libs/data',
  'libs/evaluation',
];

/**
 * A digest of the product as it is built: results of another build are not taken for this one's.
 *
 * @returns 16 hexadecimal digits
 * @throws UbtError `NOT_BUILT`
 */
export async function productDigest(root = workspace): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of DECISIVE) {
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

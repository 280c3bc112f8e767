import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workspace } from '../workspace.js';
import { DECISIVE, productDigest } from './product-digest.js';

/** The packages of ours that the code of a stage's domain imports. */
async function importedByDomains(): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const stage of ['detector', 'selector', 'unlearner']) {
    const domain = join(workspace, 'services', stage, 'src', 'domain');
    for (const file of await readdir(domain, { recursive: true })) {
      if (!file.endsWith('.ts') || /\.(spec|contract)\.ts$/.test(file)) continue;
      const code = await readFile(join(domain, file), 'utf8');
      for (const [, name] of code.matchAll(/from '@ubt\/([^']+)'/g)) names.add(`libs/${name}`);
    }
  }
  return names;
}

describe('productDigest', () => {
  it('changes with the built code and with nothing else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    for (const folder of DECISIVE) {
      await mkdir(join(root, folder, 'dist', 'domain'), { recursive: true });
      await writeFile(join(root, folder, 'dist', 'domain', 'code.js'), 'export {};');
    }
    const before = await productDigest(root);
    await writeFile(join(root, 'libs/clip/dist/code.js.map'), '{}');
    expect(await productDigest(root)).toBe(before);
    await writeFile(join(root, 'services/unlearner/dist/domain/code.js'), 'export { };');
    expect(await productDigest(root)).not.toBe(before);
  });

  it('covers whatever the domains compute with', async () => {
    const computing = [...(await importedByDomains())].filter((name) => name !== 'libs/errors');
    expect(computing).toContain('libs/clip');
    expect(computing.filter((name) => !DECISIVE.includes(name))).toEqual([]);
  });

  it('asks for a build when there is none', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    await expect(productDigest(root)).rejects.toMatchObject({ code: 'NOT_BUILT' });
  });
});

import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { workspace } from '../workspace.js';
import { DECISIVE, productDigests } from './product-digest.js';

/** The packages of ours that the code of a stage's domain imports. */
async function importedByDomains(stages: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const stage of stages) {
    const domain = join(workspace, 'services', stage, 'src', 'domain');
    for (const file of await readdir(domain, { recursive: true })) {
      if (!file.endsWith('.ts') || /\.(spec|contract)\.ts$/.test(file)) continue;
      const code = await readFile(join(domain, file), 'utf8');
      for (const [, name] of code.matchAll(/from '@ubt\/([^']+)'/g)) names.add(`libs/${name}`);
    }
  }
  return names;
}

describe('productDigests', () => {
  it('change with the built code they cover and with nothing else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    for (const folder of DECISIVE.defence) {
      await mkdir(join(root, folder, 'dist', 'domain'), { recursive: true });
      await writeFile(join(root, folder, 'dist', 'domain', 'code.js'), 'export {};');
    }
    const before = await productDigests(root);
    await writeFile(join(root, 'libs/clip/dist/code.js.map'), '{}');
    expect(await productDigests(root)).toEqual(before);
    await writeFile(join(root, 'services/unlearner/dist/domain/code.js'), 'export { };');
    const after = await productDigests(root);
    expect(after).toEqual({ ...before, defence: after.defence });
    expect(after.defence).not.toBe(before.defence);
  });

  it.each([
    ['defence', ['detector', 'selector', 'unlearner']],
    ['detection', ['detector']],
  ] as const)('of a %s cover whatever its stages compute with', async (made, stages) => {
    const computing = [...(await importedByDomains(stages))].filter((name) => name !== 'libs/errors');
    const covered: readonly string[] = DECISIVE[made];
    expect(computing).toContain('libs/clip');
    expect(computing.filter((name) => !covered.includes(name))).toEqual([]);
  });

  it('ask for a build when there is none', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    await expect(productDigests(root)).rejects.toMatchObject({ code: 'NOT_BUILT' });
  });
});

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { productDigest } from './product-digest.js';

const PACKAGES = [
  ...['services/detector', 'services/selector', 'services/unlearner'],
  ...['libs/clip', 'libs/engine', 'libs/data', 'libs/evaluation'],
];

describe('productDigest', () => {
  it('changes with the built code and with nothing else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    for (const folder of PACKAGES) {
      await mkdir(join(root, folder, 'dist', 'domain'), { recursive: true });
      await writeFile(join(root, folder, 'dist', 'domain', 'code.js'), 'export {};');
    }
    const before = await productDigest(root);
    await writeFile(join(root, 'libs/clip/dist/code.js.map'), '{}');
    expect(await productDigest(root)).toBe(before);
    await writeFile(join(root, 'services/unlearner/dist/domain/code.js'), 'export { };');
    expect(await productDigest(root)).not.toBe(before);
  });

  it('asks for a build when there is none', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ubt-bench-product-'));
    await expect(productDigest(root)).rejects.toMatchObject({ code: 'NOT_BUILT' });
  });
});

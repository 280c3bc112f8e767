import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryDirectory, type TemporaryDirectory } from '@ubt/test-kit';
import { importTensorflowPackage, TENSORFLOW_PACKAGES } from './tensorflow-package.js';

const directories: TemporaryDirectory[] = [];
afterAll(() => Promise.all(directories.map((directory) => directory.remove())));

/** A module beside which the given files are installed as `@tensorflow/tfjs-node`. */
async function withPackage(
  files: Readonly<Record<string, string>>,
): Promise<{ from: string; folder: string }> {
  const directory = await temporaryDirectory();
  directories.push(directory);
  const { path } = directory;
  const folder = join(path, 'node_modules', TENSORFLOW_PACKAGES.cpu);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return { from: pathToFileURL(join(path, 'caller.mjs')).href, folder };
}

const manifest = { 'package.json': '{"name":"@tensorflow/tfjs-node","main":"dist/index.js"}' };
const refusal = (message: string) => ({
  kind: 'failed-precondition',
  code: 'ENGINE_BACKEND_MISSING',
  message: expect.stringContaining(message),
  fix: expect.stringContaining('npm run provide:tensorflow -- --device cpu'),
});

describe('importTensorflowPackage', () => {
  it('refuses when the package is not installed', async () => {
    const { from } = await withPackage({});
    await expect(importTensorflowPackage('cpu', from)).rejects.toMatchObject(
      refusal('the package @tensorflow/tfjs-node is not installed'),
    );
  });

  it('refuses when its native addon was not built', async () => {
    const { from } = await withPackage({ ...manifest, 'dist/index.js': '' });
    await expect(importTensorflowPackage('cpu', from)).rejects.toMatchObject(
      refusal('has no native addon (tfjs_binding.node) yet'),
    );
  });

  it('refuses with the loader’s own words when libtensorflow is not there', async () => {
    const { from, folder } = await withPackage({
      ...manifest,
      'dist/index.js':
        "process.dlopen({ exports: {} }, require('path').join(__dirname, '../lib/napi-v8/tfjs_binding.node'));",
      'lib/napi-v8/tfjs_binding.node': 'not a library',
    });
    await expect(importTensorflowPackage('cpu', from)).rejects.toMatchObject(
      refusal(
        `did not load: ${join(folder, 'dist/../lib/napi-v8/tfjs_binding.node')}`.replace('/dist/..', ''),
      ),
    );
  });

  it('imports a package that has all it needs', async () => {
    const { from } = await withPackage({
      ...manifest,
      'dist/index.js': 'globalThis.tensorflowWasImported = true;',
      'lib/napi-v8/tfjs_binding.node': '',
    });
    await importTensorflowPackage('cpu', from);
    expect(globalThis).toHaveProperty('tensorflowWasImported', true);
  });
});

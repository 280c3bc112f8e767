import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as jest from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../src/index.js';

const dist = join(import.meta.dirname, '../../../node_modules/@tensorflow/tfjs-core/dist');
const only = process.env['ONLY'];

jest.expect.extend({
  toThrowError(actual: unknown, ...expected: unknown[]) {
    let thrown: unknown;
    try {
      if (typeof actual === 'function') (actual as () => unknown)();
    } catch (error) {
      thrown = error;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const pass =
      thrown !== undefined &&
      expected.every((want) =>
        typeof want === 'string'
          ? message === want
          : want instanceof RegExp
            ? want.test(message)
            : thrown instanceof (want as typeof Error),
      );
    return { pass, message: () => `threw ${message}, wanted ${expected.map(String).join()}` };
  },
  nothing: () => ({ pass: true, message: () => '' }),
  toBeTrue: (x: unknown) => ({ pass: x === true, message: () => `${String(x)} is not true` }),
  toBeFalse: (x: unknown) => ({ pass: x === false, message: () => `${String(x)} is not false` }),
});
(globalThis as any).spyOn = jest.jest.spyOn;
(globalThis as any).jasmine = {
  DEFAULT_TIMEOUT_INTERVAL: 1,
  arrayWithExactContents: (a: unknown[]) => jest.expect.arrayContaining(a),
};
const engine = await startEngine({ threads: 1 });
void engine;
await import(join(dist, 'public/chained_ops/register_all_chained_ops.js'));
const { setTestEnvs } = (await import(join(dist, 'jasmine_util.js'))) as {
  setTestEnvs: (envs: unknown[]) => void;
};
setTestEnvs([{ name: 'onnxruntime', backendName: 'onnxruntime', isDataSync: false }]);
void tf;
const folders = [
  'ops',
  'ops/fused',
  'ops/losses',
  'ops/signal',
  'ops/image',
  'ops/linalg',
  'ops/sparse',
  'optimizers',
  '.',
];
for (const folder of folders) {
  let files: string[] = [];
  try {
    files = readdirSync(join(dist, folder))
      .filter((f) => f.endsWith('_test.js'))
      .sort();
  } catch {
    continue;
  }
  for (const file of files) {
    if (only && !file.startsWith(only)) continue;
    if (
      /browser|jasmine_util|platform|test_async|environment|flags|globals|profiler|util|kernel_registry/.test(
        file,
      ) &&
      folder === '.'
    )
      continue;
    await import(join(dist, folder, file));
  }
}

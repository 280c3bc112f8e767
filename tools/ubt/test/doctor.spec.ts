import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { temporaryDirectory } from '@ubt/test-kit';

const bin = fileURLToPath(new URL('../bin/ubt.mjs', import.meta.url));

it('doctor shows every backend and device, and no words of native libraries', async () => {
  await using directory = await temporaryDirectory();
  const env = { ...process.env, NODE_OPTIONS: '', UBT_DATA_DIR: directory.path };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [bin, 'doctor'], { env });
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.filter((line) => !/^[✓·] /.test(line))).toEqual([]);
  expect(lines).toContainEqual(expect.stringMatching(/^· onnxruntime on cpu +available \(\d+\.\d+\.\d+\)$/));
  for (const name of [
    'onnxruntime on cuda',
    'onnxruntime on webgpu',
    'tensorflow on cpu',
    'tensorflow on cuda',
  ]) {
    expect(lines).toContainEqual(
      expect.stringMatching(new RegExp(`^· ${name} +(available|not available: .+)`)),
    );
  }
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { typescriptExecArgv } from '@ubt/test-kit';

const PROGRAM = fileURLToPath(new URL('./logging-process.ts', import.meta.url));

async function logTo(output: 'pipe' | number) {
  const child = spawn(process.execPath, [...typescriptExecArgv(), PROGRAM], {
    stdio: ['ignore', output, 'pipe'],
  });
  let [lines, said] = ['', ''];
  child.stdout?.on('data', (text: Buffer) => (lines += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said, lines: lines.split('\n').length - 1 };
}

it('a log on a full disk does not end the process', async () => {
  expect(await logTo(openSync('/dev/full', 'w'))).toMatchObject({ code: 0, said: 'still there' });
});

it('a log that can be written is', async () => {
  expect(await logTo('pipe')).toEqual({ code: 0, said: 'still there', lines: 100 });
});

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryDirectory } from '@ubt/test-kit';
import { startSide } from './side-process.js';
import { SIDES, type Job } from './sides.js';

const torch = SIDES.find(({ program }) => program === 'python')!;
const job = {} as Job;

/** A side whose interpreter is a script: what it says to each line that it is told. */
async function sideOf(directory: string, script: string) {
  const interpreter = join(directory, 'interpreter');
  await writeFile(interpreter, `#!/bin/sh\n${script}\n`);
  await chmod(interpreter, 0o755);
  return startSide(torch, job, interpreter);
}

const READY = `read job; echo '{"ready":"it is","loadMs":1}'; read step;`;

it.each([
  [
    'what a step could not do',
    `${READY} echo '{"missing":"no such kernel"}'`,
    /^PyTorch failed: no such kernel$/,
  ],
  [
    'the error on stderr, and no line of a log',
    `${READY} echo 'MemoryError: too large' >&2; echo 'I0000 round-off errors' >&2; exit 1`,
    /^PyTorch failed: MemoryError: too large$/,
  ],
  [
    'the signal',
    `${READY} kill -9 $$`,
    /^PyTorch failed: its process ended with SIGKILL, as the system does/,
  ],
])('gives as the reason of a step that failed: %s', async (_what, script, reason) => {
  await using directory = await temporaryDirectory();
  const side = await sideOf(directory.path, script);
  expect(side.readiness).toEqual({ ready: 'it is', loadMs: 1 });
  await expect(side.step()).rejects.toMatchObject({
    code: 'BENCH_SIDE_FAILED',
    message: expect.stringMatching(reason),
  });
  side.close();
});

it('says why a side cannot take part', async () => {
  await using directory = await temporaryDirectory();
  const side = await sideOf(directory.path, `read job; echo '{"missing":"no torch"}'`);
  expect(side.readiness).toEqual({ missing: 'no torch' });
  side.close();
});

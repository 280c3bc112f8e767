import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startServiceProcess, temporaryDirectory, type TemporaryDirectory } from './index.js';

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const pid of await running(directory.path)) process.kill(pid, 'SIGKILL');
  await directory.remove();
});

/** A service whose main file is this program. */
async function program(text: string): Promise<URL> {
  const path = join(directory.path, 'main.mjs');
  await writeFile(path, text);
  return pathToFileURL(path);
}

/** Processes that have a path in their command line. */
async function running(path: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const commandLine = await readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '');
    if (commandLine.includes(path)) found.push(Number(name));
  }
  return found;
}

const WAITS = 'setTimeout(() => undefined, 120_000);';

it('leaves no process behind that does not listen in time', async () => {
  const main = await program(WAITS);
  await expect(startServiceProcess({ main, env: {}, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'SERVICE_NOT_STARTED',
    message: expect.stringContaining('50 ms'),
  });
  expect(await running(directory.path)).toEqual([]);
});

it('gives the last words of one that ends at once', async () => {
  const main = await program(`console.error('no port is free'); process.exitCode = 3;`);
  await expect(startServiceProcess({ main, env: {} })).rejects.toMatchObject({
    code: 'SERVICE_NOT_STARTED',
    message: expect.stringContaining('no port is free'),
  });
});

it('starts and stops one that listens', async () => {
  const main = await program(`console.log('it listens on 127.0.0.1:7'); ${WAITS}`);
  const service = await startServiceProcess({ main, env: {} });
  expect(service.address).toBe('127.0.0.1:7');
  expect(await running(directory.path)).toEqual([service.pid]);
  await service.kill();
  expect(await running(directory.path)).toEqual([]);
});

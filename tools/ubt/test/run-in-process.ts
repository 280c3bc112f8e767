import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { temporaryDirectory } from '@ubt/test-kit';
import { runCli } from '../src/run-cli.js';
import type { FakeStages } from './fake-stages.js';

/** One run of the command line. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the command line is run. */
export interface RunOptions {
  readonly fake?: FakeStages;
  readonly signal?: AbortSignal;
  /** Variables on top of UBT_DATA_DIR. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder with inputs for a run, and the command line inside this process. */
export interface Workbench {
  readonly folder: string;
  readonly out: string;
  readonly dataDir: string;
  /** `--model … --pairs …` of files that exist. */
  readonly subject: readonly string[];
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
}

/** Makes a folder with inputs; the files' content does not matter to fake stages. */
export async function workbench(): Promise<Workbench> {
  const { path: folder } = await temporaryDirectory();
  const [model, pairs, dataDir] = ['model', 'pairs.csv', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(model);
  await writeFile(join(model, 'config.json'), '{}');
  await writeFile(pairs, 'filepath,title\n0.png,a\n');
  return {
    folder,
    out: join(folder, 'out'),
    dataDir,
    subject: ['--model', model, '--pairs', pairs],
    async run(args, { fake, signal = new AbortController().signal, env = {} } = {}) {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const io = { stdout, stderr, env: { UBT_DATA_DIR: dataDir, ...env }, signal };
      const code = await runCli(args, io, fake?.launch);
      return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
    },
  };
}

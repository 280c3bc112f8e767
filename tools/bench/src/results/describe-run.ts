import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { workspace } from '../workspace.js';
import type { BenchResults } from './bench-results.js';

/** Libraries whose version can change a number. */
const LIBRARIES = ['@tensorflow/tfjs-core', 'onnxruntime-node', 'sharp'];

/** When, where and with what the benchmark ran. */
export async function describeRun({
  bench = 'defence',
  args,
  product,
  threads,
}: {
  bench?: string;
  args: readonly string[];
  product: string;
  threads: number;
}): Promise<Pick<BenchResults, 'measuredAt' | 'command' | 'commit' | 'product' | 'machine' | 'versions'>> {
  const load = createRequire(`${workspace}/package.json`);
  return {
    measuredAt: new Date().toISOString(),
    command: [`npm run bench:${bench}`, ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
    commit: await currentCommit(),
    product,
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      threads,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(load, name)])),
    },
  };
}

/** Some packages do not export their package.json, so that it is read by path. */
function versionOf(load: NodeJS.Require, name: string): string {
  return (load(`./node_modules/${name}/package.json`) as { version: string }).version;
}

async function currentCommit(): Promise<string> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: workspace })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain', '--untracked-files=no');
    return `${await git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

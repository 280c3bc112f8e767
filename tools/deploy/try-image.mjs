import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../bootstrap/failure.mjs';

const NOBODY = 65_534;
const START_SECONDS = 60;
/** What NVIDIA's driver makes on a machine with a GPU. */
const GPU_DRIVER = '/dev/nvidiactl';
/** Computes one number on the backend that a worker process of the image would use. */
const COMPUTE = `import { startEngine } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';
const engine = await startEngine({ backend: 'tensorflow', device: process.argv[1], threads: 1 });
const [value] = await tf.matMul([[1, 2]], [[3], [4]]).data();
if (value !== 11) throw new Error('1·3 + 2·4 is ' + value);
await engine.dispose();`;

/**
 * Starts what a replayed image starts, as a user who owns nothing there and with a data folder of its own, waits
 * until its health check passes, and stops it. An image without a health check must exit 0. One that brings
 * TensorFlow must compute with it too, which is left out where that needs a GPU's driver and there is none.
 *
 * @param {{ folder: string, workdir: string, env: Record<string, string>, entrypoint: string[],
 *   command: string[], healthcheck?: string[] }} image
 * @param {string} node program that stands for the image's own
 */
export async function tryImage(image, node) {
  const data = await mkdtemp(join(tmpdir(), 'ubt-data-'));
  await chmod(data, 0o777);
  execFileSync('chmod', ['-R', 'go+rX,go-w', image.folder]);
  execFileSync('chmod', ['go+x', join(image.folder, '..')]);
  const root = process.getuid() === 0;
  const start = ([program, ...args]) =>
    spawn(program === 'node' ? node : program, args, {
      cwd: join(image.folder, image.workdir),
      env: {
        ...{ PATH: process.env.PATH, HOME: '/nowhere', ...pathsHere(image) },
        ...{ UBT_HOST: '127.0.0.1', UBT_PORT: image.env.UBT_PORT ?? '50051', UBT_DATA_DIR: data },
        // What is tried is the image, not the GPU of this machine.
        ...{ UBT_DEVICE: 'cpu' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
    });
  try {
    const command = [...image.entrypoint, ...image.command];
    if (!image.healthcheck?.length) return await mustEnd(start(command), command);
    await mustServe(start(command), () => start(image.healthcheck), command);
    const device = tensorflowDevice(image);
    if (device === 'cuda' && !existsSync(GPU_DRIVER)) {
      console.log(`${image.name}: left out, needs a GPU's driver: computing with TensorFlow on cuda`);
    } else if (device !== undefined) {
      const compute = ['node', '--input-type=module', '-e', COMPUTE, device];
      await mustEnd(start(compute), [`TensorFlow on ${device}`]);
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** The image's variables, its paths as they are here. */
function pathsHere({ env, folder, workdir }) {
  const here = (part) => (part.startsWith(`${workdir}/`) ? join(folder, part) : part);
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.split(':').map(here).join(':')]),
  );
}

/** What the image's TensorFlow was built for; undefined when it brings none. */
function tensorflowDevice({ folder, workdir }) {
  const has = (name) => existsSync(join(folder, workdir, 'node_modules/@tensorflow', name));
  if (has('tfjs-node-gpu')) return 'cuda';
  return has('tfjs-node') ? 'cpu' : undefined;
}

async function mustEnd(child, command) {
  const output = collect(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Failure(`${command.join(' ')} exited with ${code}:\n${output()}`);
  console.log(`${command.join(' ')}: exit code 0.`);
}

async function mustServe(service, check, command) {
  const output = collect(service);
  const ended = once(service, 'close');
  const isHealthy = async () =>
    (
      await once(
        check().on('error', () => undefined),
        'close',
      )
    )[0] === 0;
  try {
    for (let second = 0; !(await isHealthy()); second++) {
      if (service.exitCode !== null || second === START_SECONDS) {
        throw new Failure(`${command.join(' ')} does not get healthy:\n${output()}`);
      }
      await sleep(1_000);
    }
  } finally {
    service.kill('SIGTERM');
  }
  const [code] = await ended;
  if (code !== 0) throw new Failure(`${command.join(' ')} exited with ${code} after SIGTERM:\n${output()}`);
  console.log(`${command.join(' ')}: healthy, and exit code 0 after SIGTERM.`);
}

function collect(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return () => text.slice(-4_000);
}

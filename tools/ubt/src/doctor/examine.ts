import { execFile } from 'node:child_process';
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { probeDevices, type DevicesReport } from '@ubt/engine';
import type { CliConfig, Environment } from '../config.js';
import { bytes } from '../output/format.js';

/** One thing that was looked at. A `problem` keeps a defence from running as configured. */
export interface Check {
  readonly name: string;
  readonly level: 'ok' | 'info' | 'problem';
  readonly detail: string;
}

/** What was found. */
export interface Findings {
  readonly ok: boolean;
  /** What the engine would run on. */
  readonly wouldUse: { readonly backend: string; readonly device: string; readonly threads: number };
  readonly checks: readonly Check[];
}

const OLDEST_NODE = [20, 19] as const;
const NEEDED_MEMORY_BYTES = 2 * 1024 ** 3;

/** Looks at this machine with the eyes of a defence that would start now. */
export async function examine(env: Environment, config: CliConfig): Promise<Findings> {
  const devices = await probeDevices();
  const wouldUse = {
    backend: env.UBT_BACKEND || 'onnxruntime',
    device: env.UBT_DEVICE || 'cpu',
    threads: Number(env.UBT_THREADS || availableParallelism()),
  };
  const checks = [
    nodeCheck(process.versions.node),
    chosenCheck(wouldUse, devices),
    ...deviceChecks(devices),
    memoryCheck(),
    await folderCheck(config.dataDir),
    await natsCheck(),
  ];
  return { ok: checks.every(({ level }) => level !== 'problem'), wouldUse, checks };
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const detail = old ? `${version}; needs ${OLDEST_NODE.join('.')} or newer` : version;
  return { name: 'Node.js', level: old ? 'problem' : 'ok', detail };
}

function chosenCheck({ backend, device, threads }: Findings['wouldUse'], { devices }: DevicesReport): Check {
  const chosen = devices.find((entry) => entry.backend === backend && entry.device === device);
  const what = `${backend} on ${device}, ${threads} threads`;
  const name = 'would be used';
  if (chosen === undefined) return { name, level: 'problem', detail: `${what}: there is no such backend` };
  if (!chosen.available) return { name, level: 'problem', detail: `${what}: ${firstLine(chosen.reason)}` };
  return { name, level: 'ok', detail: what };
}

function deviceChecks({ devices }: DevicesReport): Check[] {
  return devices.map(({ backend, device, available, version, reason }) => ({
    name: `${backend} on ${device}`,
    level: 'info',
    detail: available ? `available (${version})` : `not available: ${firstLine(reason)}`,
  }));
}

/** Native libraries give long reasons over several lines. */
function firstLine(reason: string | null): string {
  const [line = ''] = (reason ?? 'unknown reason').split('\n');
  return line.length > 160 ? `…${line.slice(-160)}` : line;
}

/** A container's limit counts, where there is one. */
function memoryCheck(): Check {
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  const detail = `${bytes(total)}, ${bytes(Math.min(freemem(), total))} free`;
  return { name: 'memory', level: total < NEEDED_MEMORY_BYTES ? 'problem' : 'ok', detail };
}

async function folderCheck(folder: string): Promise<Check> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return { name: 'data folder', level: 'ok', detail: `${folder}, ${bytes(bavail * bsize)} free` };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    return { name: 'data folder', level: 'problem', detail: `${folder} cannot be written (${why})` };
  }
}

/** Only a cluster and the tests need it: a defence on one machine has an event bus of its own. */
async function natsCheck(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('nats-server', ['--version']);
    return { name: 'nats-server', level: 'info', detail: stdout.trim() };
  } catch {
    return { name: 'nats-server', level: 'info', detail: 'not on the path; only clusters and tests need it' };
  }
}

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { BackendName, DeviceName } from './engine.js';

/** Whether one backend can compute on one device of this machine. */
export interface DeviceReport {
  readonly backend: BackendName;
  readonly device: DeviceName;
  readonly available: boolean;
  /** Version of ONNX Runtime or TensorFlow; null when it could not be loaded. */
  readonly version: string | null;
  /** Why not; null when it is available. */
  readonly reason: string | null;
}

/** What this machine can compute with. */
export interface DevicesReport {
  readonly devices: readonly DeviceReport[];
  /** Threads the process may use. */
  readonly threads: number;
}

/** What a probe says about its backend and device. */
export type ProbeAnswer = Pick<DeviceReport, 'version' | 'reason'>;

/** How a probe is started; only specs need another way than the built file. */
export interface ProbeProcess {
  readonly entry: URL;
  readonly execArgv: readonly string[];
}

const BUILT_PROBE: ProbeProcess = {
  entry: new URL('../dist/probe-device.worker.js', import.meta.url),
  execArgv: [],
};

/** A driver that does not answer is no device. */
const PROBE_LIMIT_MS = 60_000;

const CANDIDATES: readonly (readonly [BackendName, DeviceName])[] = [
  ['onnxruntime', 'cpu'],
  ['onnxruntime', 'cuda'],
  ['onnxruntime', 'webgpu'],
  ['tensorflow', 'cpu'],
  ['tensorflow', 'cuda'],
];

/**
 * Tries every backend and device, each in a process of its own: native libraries write warnings past the
 * process's own output, cannot be unloaded, and a broken driver may end the process that tries it.
 */
export async function probeDevices(probe: ProbeProcess = BUILT_PROBE): Promise<DevicesReport> {
  const devices = await Promise.all(CANDIDATES.map((candidate) => tryCandidate(probe, ...candidate)));
  return { devices, threads: availableParallelism() };
}

async function tryCandidate(
  probe: ProbeProcess,
  backend: BackendName,
  device: DeviceName,
): Promise<DeviceReport> {
  const { version, reason } = await ask(probe, [backend, device]);
  return { backend, device, available: reason === null, version, reason };
}

function ask({ entry, execArgv }: ProbeProcess, args: readonly string[]): Promise<ProbeAnswer> {
  const child = fork(entry, args, {
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: PROBE_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    let answer: ProbeAnswer | null = null;
    child.on('message', (message) => (answer = message as ProbeAnswer));
    child.once('error', ({ message }) => resolve({ version: null, reason: `no probe: ${message}.` }));
    child.once('exit', (code, signal) => {
      resolve(answer ?? { version: null, reason: `the probe ended with ${signal ?? `exit code ${code}`}.` });
    });
  });
}

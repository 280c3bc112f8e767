import { availableParallelism } from 'node:os';
import { deviceProblem } from './backends/start-onnxruntime.js';
import type { BackendName, DeviceName } from './engine.js';

/** Whether one backend can compute on one device of this machine. */
export interface DeviceReport {
  readonly backend: BackendName;
  readonly device: DeviceName;
  readonly available: boolean;
  /** Why not; null when it is available. */
  readonly reason: string | null;
}

/** What this machine can compute with. */
export interface DevicesReport {
  readonly devices: readonly DeviceReport[];
  /** Threads the process may use. */
  readonly threads: number;
}

/** Tries every backend and device. Nothing is registered and no engine is started. */
export async function probeDevices(): Promise<DevicesReport> {
  const devices: DeviceReport[] = [];
  for (const device of ['cpu', 'cuda', 'webgpu'] as const) {
    devices.push(report('onnxruntime', device, await deviceProblem(device)));
  }
  devices.push(report('tensorflow', 'cpu', installProblem('@tensorflow/tfjs-node')));
  devices.push(report('tensorflow', 'cuda', installProblem('@tensorflow/tfjs-node-gpu')));
  return { devices, threads: availableParallelism() };
}

function report(backend: BackendName, device: DeviceName, reason: string | null): DeviceReport {
  return { backend, device, available: reason === null, reason };
}

/** Loading the package would register it with TensorFlow.js, so only its presence is looked at. */
function installProblem(name: string): string | null {
  try {
    import.meta.resolve(name);
    return null;
  } catch {
    return `the package ${name} is not installed.`;
  }
}

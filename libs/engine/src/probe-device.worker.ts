import type { DeviceName } from './engine.js';
import type { ProbeAnswer } from './probe-devices.js';

/** A probe: tries one backend on one device, tells its parent and ends. */
const [, , backend, device] = process.argv as [string, string, string, DeviceName];
const answer = await (backend === 'tensorflow' ? probeTensorflow(device) : probeOnnxruntime(device));
process.send?.(answer, () => process.exit(0));

async function probeOnnxruntime(device: DeviceName): Promise<ProbeAnswer> {
  const { deviceProblem, onnxruntimeVersion } = await import('./backends/start-onnxruntime.js');
  return { version: onnxruntimeVersion(), reason: await deviceProblem(device) };
}

async function probeTensorflow(device: DeviceName): Promise<ProbeAnswer> {
  const { startTensorflow, tensorflowVersion } = await import('./backends/start-tensorflow.js');
  try {
    await startTensorflow({ device, threads: 1 });
    return { version: tensorflowVersion(), reason: null };
  } catch (error) {
    return { version: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

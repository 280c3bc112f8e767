import { totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import * as ort from 'onnxruntime-node';
import type { DeviceName, Engine } from '../engine.js';
import { ONNXRUNTIME_BACKEND, OnnxruntimeBackend } from './onnxruntime-backend.js';
import { registerKernels } from './register-kernels.js';

/** Compiled graphs to keep; a defence uses about a dozen. */
const MAX_PROGRAMS = 64;
/** Memory of compiled graphs to keep at most: an eighth of the machine's, between 1 and 8 GiB. */
const MAX_PROGRAM_BYTES = Math.min(Math.max(totalmem() / 8, 2 ** 30), 2 ** 33);
/** Free output memory to keep at most. */
const MAX_POOL_BYTES = 2 ** 30;

/** Where and how wide a backend is to run. */
export interface BackendOptions {
  readonly device: DeviceName;
  readonly threads: number;
}

/**
 * Starts the lazy onnxruntime backend.
 *
 * @throws UbtError `ENGINE_DEVICE_UNAVAILABLE` when ONNX Runtime cannot run on the device
 */
export async function startOnnxruntime({ device, threads }: BackendOptions): Promise<Engine> {
  quietNativeLog();
  if (device !== 'cpu') await assertDevice(device);
  const backend = new OnnxruntimeBackend({
    session: sessionOptions({ device, threads }),
    maxPrograms: MAX_PROGRAMS,
    maxProgramBytes: MAX_PROGRAM_BYTES,
    maxPoolBytes: MAX_POOL_BYTES,
  });
  registerKernels();
  tf.registerBackend(ONNXRUNTIME_BACKEND, () => backend);
  await tf.setBackend(ONNXRUNTIME_BACKEND);
  await tf.ready();
  return engineOf(backend, device, threads);
}

/** How ONNX Runtime compiles and runs the recorded graphs. */
export function sessionOptions({ device, threads }: BackendOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Threads that wait by spinning take the processor from the other workers of the machine: with three
    // processes on two cores a training step took twice as long and half as much processor time again.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

function engineOf(backend: OnnxruntimeBackend, device: DeviceName, threads: number): Engine {
  const { runner, recorder } = backend;
  return {
    backend: 'onnxruntime',
    device,
    threads,
    flush: async (tensors) => {
      if (tensors === undefined || tensors.some((tensor) => !backend.isComputed(tensor.dataId))) {
        await backend.flush();
      }
    },
    stats: () => {
      const { numTensors, numBytes } = tf.memory();
      return {
        graphRuns: runner.graphRuns,
        sessionsCompiled: runner.sessionsCompiled,
        cachedSessions: runner.cachedSessions,
        sessionBytes: runner.programBytes,
        pendingNodes: recorder.pendingCount,
        compileMs: runner.compileMs,
        runMs: runner.runMs,
        numTensors,
        bytes: numBytes,
        poolBytes: runner.poolBytes,
      };
    },
    dispose: async () => {
      await backend.flush();
      await runner.dispose();
      tf.removeBackend(ONNXRUNTIME_BACKEND);
      for (const { kernelName } of tf.getKernelsForBackend(ONNXRUNTIME_BACKEND)) {
        tf.unregisterKernel(kernelName, ONNXRUNTIME_BACKEND);
      }
    },
  };
}

async function assertDevice(device: DeviceName): Promise<void> {
  const problem = await deviceProblem(device);
  if (problem === null) return;
  throw new UbtError('failed-precondition', `ONNX Runtime cannot compute on ${device} here: ${problem}`, {
    code: 'ENGINE_DEVICE_UNAVAILABLE',
    fix: 'Choose the device cpu, or run `ubt doctor` to see what this machine offers.',
  });
}

/** What goes wrong natively is thrown; ONNX Runtime would also write it to stderr, past the process's log. */
function quietNativeLog(): void {
  ort.env.logLevel = 'fatal';
}

/** Version of the ONNX Runtime that is installed. */
export function onnxruntimeVersion(): string | null {
  return ort.env.versions.node ?? null;
}

/** Why ONNX Runtime cannot run on the device, found out by running a small graph on it; null when it can. */
export async function deviceProblem(device: DeviceName): Promise<string | null> {
  quietNativeLog();
  const listed = ort.listSupportedBackends().map(({ name }) => name);
  if (!listed.includes(device)) return `this build offers only ${listed.join(', ')}.`;
  return tryDevice(device);
}

async function tryDevice(device: DeviceName): Promise<string | null> {
  try {
    const { probeModel } = await import('../compiler/probe-model.js');
    const session = await ort.InferenceSession.create(probeModel(), {
      executionProviders: [device],
      logSeverityLevel: 4,
    });
    await session.release();
    return null;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // The device's own words come last; before them stands the place in ONNX Runtime's source.
    return message
      .trim()
      .split(/ was false\. |\n/)
      .at(-1)!;
  }
}

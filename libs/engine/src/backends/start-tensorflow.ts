import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import { configureTensorflow } from '../config.js';
import type { DeviceName, Engine } from '../engine.js';
import { registerGradients } from '../gradients/register-gradients.js';
import type { BackendOptions } from './start-onnxruntime.js';
import { completeTensorflowKernels, type NodeBackend } from './tensorflow-kernels.js';
import { importTensorflowPackage, type TensorflowDevice } from './tensorflow-package.js';

/** Name under which the packages register their backend with TensorFlow.js. */
const TENSORFLOW_BACKEND = 'tensorflow';

/** TensorFlow as this process has loaded it, which happens once and cannot be undone. */
let loaded: { readonly options: BackendOptions; readonly createBackend: () => tf.KernelBackend } | null =
  null;

/**
 * Starts TensorFlow's own backend, from a package that is only installed where it is wanted.
 *
 * @throws UbtError `ENGINE_BACKEND_MISSING` when the package, its native addon or libtensorflow is not there,
 *   `ENGINE_DEVICE_UNAVAILABLE` when TensorFlow cannot compute on the device, `ENGINE_TENSORFLOW_LOADED` when
 *   this process has loaded it for another device or number of threads
 */
export async function startTensorflow(options: BackendOptions): Promise<Engine> {
  const device = knownDevice(options.device);
  if (loaded === null) await load(device, options);
  else registerAgain(loaded, options);
  assertUsed(device);
  await tf.setBackend(TENSORFLOW_BACKEND);
  await tf.ready();
  // The package registered its own; both backends are to differentiate in the same way.
  registerGradients();
  return engineOf(options);
}

/**
 * Which TensorFlow computes, once {@link startTensorflow} has started it.
 *
 * @returns its version, such as `2.21.0`
 */
export function tensorflowVersion(): string {
  return nodeBackend().binding.TF_Version;
}

async function load(device: TensorflowDevice, options: BackendOptions): Promise<void> {
  configureTensorflow(options);
  await importTensorflowPackage(device);
  completeTensorflowKernels(TENSORFLOW_BACKEND);
  loaded = { options, createBackend: tf.findBackendFactory(TENSORFLOW_BACKEND) as () => tf.KernelBackend };
}

function registerAgain({ options, createBackend }: NonNullable<typeof loaded>, wanted: BackendOptions): void {
  if (options.device !== wanted.device || options.threads !== wanted.threads) {
    const [is, asked] = [options, wanted].map(({ device, threads }) => `${device} with ${threads} threads`);
    throw new UbtError(
      'failed-precondition',
      `This process has loaded TensorFlow for ${is}; ${asked} was asked for.`,
      {
        code: 'ENGINE_TENSORFLOW_LOADED',
        fix: 'Use another process: TensorFlow is configured once in each.',
      },
    );
  }
  tf.registerBackend(TENSORFLOW_BACKEND, createBackend);
}

/** TensorFlow computes on the processor when it finds no GPU, and says nothing. */
function assertUsed(device: TensorflowDevice): void {
  if (device === 'cpu' || nodeBackend().isUsingGpuDevice) return;
  tf.removeBackend(TENSORFLOW_BACKEND);
  throw unavailable(
    'TensorFlow found no GPU here that it can use.',
    'Check the driver (nvidia-smi) and that libtensorflow came with its CUDA libraries, or choose cpu.',
  );
}

function engineOf({ device, threads }: BackendOptions): Engine {
  return {
    backend: 'tensorflow',
    device,
    threads,
    // Each operation is computed when it is called.
    flush: () => Promise.resolve(),
    stats: () => {
      const { numTensors, numBytes } = tf.memory();
      const none = { sessionBytes: 0, pendingNodes: 0, compileMs: 0, runMs: 0, poolBytes: 0 };
      return { graphRuns: 0, sessionsCompiled: 0, cachedSessions: 0, ...none, numTensors, bytes: numBytes };
    },
    dispose: () => {
      tf.removeBackend(TENSORFLOW_BACKEND);
      return Promise.resolve();
    },
  };
}

function nodeBackend(): NodeBackend {
  return tf.findBackend(TENSORFLOW_BACKEND) as unknown as NodeBackend;
}

function knownDevice(device: DeviceName): TensorflowDevice {
  if (device === 'cpu' || device === 'cuda') return device;
  throw unavailable(
    `The tensorflow backend cannot compute on ${device}.`,
    'Choose cpu or cuda, or the onnxruntime backend.',
  );
}

function unavailable(message: string, fix: string): UbtError {
  return new UbtError('failed-precondition', message, { code: 'ENGINE_DEVICE_UNAVAILABLE', fix });
}

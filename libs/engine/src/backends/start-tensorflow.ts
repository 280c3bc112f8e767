import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { Engine } from '../engine.js';
import type { BackendOptions } from './start-onnxruntime.js';

/** The optional package that binds TensorFlow, by device. */
const PACKAGES = { cpu: '@tensorflow/tfjs-node', cuda: '@tensorflow/tfjs-node-gpu' } as const;

/**
 * Starts TensorFlow's own backend, from a package that is only installed where it is wanted.
 *
 * @throws UbtError `ENGINE_BACKEND_MISSING` when the package is not installed, `ENGINE_DEVICE_UNAVAILABLE` for
 *   a device that TensorFlow does not know
 */
export async function startTensorflow({ device, threads }: BackendOptions): Promise<Engine> {
  if (device === 'webgpu') {
    throw new UbtError('failed-precondition', 'The tensorflow backend cannot compute on webgpu.', {
      code: 'ENGINE_DEVICE_UNAVAILABLE',
      fix: 'Choose cpu or cuda, or the onnxruntime backend.',
    });
  }
  await importPackage(PACKAGES[device]);
  await tf.setBackend('tensorflow');
  await tf.ready();
  return {
    backend: 'tensorflow',
    device,
    threads,
    flush: () => Promise.resolve(),
    stats: () => {
      const { numTensors, numBytes } = tf.memory();
      const none = {
        graphRuns: 0,
        sessionsCompiled: 0,
        cachedSessions: 0,
        pendingNodes: 0,
        compileMs: 0,
        runMs: 0,
      };
      return { ...none, numTensors, bytes: numBytes, poolBytes: 0 };
    },
    dispose: () => Promise.resolve(),
  };
}

async function importPackage(name: string): Promise<void> {
  try {
    await import(name);
  } catch (cause) {
    throw new UbtError(
      'failed-precondition',
      `The tensorflow backend needs the package ${name}, which did not load.`,
      {
        code: 'ENGINE_BACKEND_MISSING',
        fix: `Install ${name}, or choose the onnxruntime backend.`,
        cause,
      },
    );
  }
}

import { availableParallelism } from 'node:os';
import { UbtError } from '@ubt/errors';
import type { BackendOptions } from './backends/start-onnxruntime.js';
import type { BackendName, Engine, EngineOptions } from './engine.js';
import { registerGradients } from './gradients/register-gradients.js';

let running: { readonly key: string; readonly engine: Promise<Engine> } | null = null;

/**
 * Registers and sets the TensorFlow.js backend of this process. Calling it again with equal options gives the
 * same engine; other options are refused until that one is disposed.
 *
 * @throws UbtError `ENGINE_BACKEND_MISSING` when the backend's package is not installed,
 *   `ENGINE_DEVICE_UNAVAILABLE` when the device is not there, `ENGINE_ALREADY_RUNNING` for other options,
 *   `ENGINE_TENSORFLOW_LOADED` for other options after TensorFlow was used in this process,
 *   `ENGINE_THREADS_INVALID` for a thread count that is not a positive whole number
 */
export function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { backend = 'onnxruntime', device = 'cpu', threads = availableParallelism() } = options;
  if (!Number.isInteger(threads) || threads < 1) return Promise.reject(badThreads(threads));
  const key = `${backend} on ${device} with ${threads} threads`;
  if (running !== null) return running.key === key ? running.engine : Promise.reject(other(running.key, key));
  registerGradients();
  const engine = start(backend, { device, threads }).then((started) => stoppable(started));
  running = { key, engine };
  engine.catch(() => {
    running = null;
  });
  return engine;
}

/** Loads the one native library that is wanted, and not the other. */
async function start(backend: BackendName, options: BackendOptions): Promise<Engine> {
  if (backend === 'tensorflow')
    return (await import('./backends/start-tensorflow.js')).startTensorflow(options);
  return (await import('./backends/start-onnxruntime.js')).startOnnxruntime(options);
}

function stoppable(engine: Engine): Engine {
  return {
    ...engine,
    dispose: async () => {
      running = null;
      await engine.dispose();
    },
  };
}

function badThreads(threads: number): UbtError {
  return new UbtError('invalid-argument', `The engine cannot run with ${threads} threads.`, {
    code: 'ENGINE_THREADS_INVALID',
    fix: 'Give a whole number of at least 1.',
  });
}

function other(current: string, wanted: string): UbtError {
  return new UbtError('failed-precondition', `The engine runs ${current}; ${wanted} was asked for.`, {
    code: 'ENGINE_ALREADY_RUNNING',
    fix: 'Start the engine once per process, or dispose it first.',
  });
}

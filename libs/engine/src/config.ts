import type { BackendOptions } from './backends/start-onnxruntime.js';

/**
 * Tells TensorFlow what it reads from the environment and nowhere else; only counts before it is loaded. What
 * somebody set by hand stays as it is.
 */
export function configureTensorflow({ device, threads }: BackendOptions): void {
  const { env } = process;
  env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  env['TF_NUM_INTEROP_THREADS'] ??= '1';
  env['OMP_NUM_THREADS'] ??= String(threads);
  // Warnings and notes about the processor go natively to stderr, past the process's log.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (device === 'cpu') {
    // Found GPUs would be used, whatever was asked for.
    env['CUDA_VISIBLE_DEVICES'] = '-1';
  } else {
    // Otherwise TensorFlow takes all of the GPU's memory at its start.
    env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  }
}

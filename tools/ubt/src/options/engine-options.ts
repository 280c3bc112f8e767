import type { EngineOptions } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import { given } from './given.js';
import type { Environment } from '../config.js';

/** Flags that say what computes. */
export interface EngineFlags {
  readonly backend?: string;
  readonly device?: string;
  readonly threads?: number;
}

const BACKENDS = ['onnxruntime', 'tensorflow'] as const;
const DEVICES = ['cpu', 'cuda', 'webgpu'] as const;

/**
 * The engine that the flags ask for, or else the environment, or else the engine's own default.
 *
 * @throws UbtError USAGE for a name that there is not
 */
export function engineOptions(flags: EngineFlags, env: Environment): EngineOptions {
  const backend = oneOf('--backend', BACKENDS, flags.backend ?? env.UBT_BACKEND);
  const device = oneOf('--device', DEVICES, flags.device ?? env.UBT_DEVICE);
  const threads = flags.threads ?? Number(env.UBT_THREADS || 0);
  return given({ backend, device, threads: threads > 0 ? threads : undefined });
}

function oneOf<T extends string>(
  option: string,
  names: readonly T[],
  given: string | undefined,
): T | undefined {
  if (given === undefined || given === '') return undefined;
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UbtError('invalid-argument', `${option} ${given}: there is no such name.`, {
    code: 'USAGE',
    fix: `Use one of ${names.join(', ')}.`,
    violations: [{ field: option, reason: `not one of ${names.join(', ')}` }],
  });
}

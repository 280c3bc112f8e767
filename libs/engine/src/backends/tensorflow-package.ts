import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { UbtError } from '@ubt/errors';

/** Devices that TensorFlow can compute on. */
export type TensorflowDevice = 'cpu' | 'cuda';

/** The optional package that binds TensorFlow, by device. */
export const TENSORFLOW_PACKAGES: Readonly<Record<TensorflowDevice, string>> = {
  cpu: '@tensorflow/tfjs-node',
  cuda: '@tensorflow/tfjs-node-gpu',
};

const ADDON = 'tfjs_binding.node';

/**
 * Imports the package for the device, which registers its backend and loads libtensorflow.
 *
 * @param from the module from which the package is looked for, as Node.js does
 * @throws UbtError `ENGINE_BACKEND_MISSING` when the package, its native addon or libtensorflow is not there
 */
export async function importTensorflowPackage(
  device: TensorflowDevice,
  from: string = import.meta.url,
): Promise<void> {
  const name = TENSORFLOW_PACKAGES[device];
  const main = mainFile(name, from);
  if (main === null) throw missing(device, `the package ${name} is not installed`);
  if (!hasAddon(dirname(dirname(main)))) throw missing(device, `${name} has no native addon (${ADDON}) yet`);
  giveBackUtilities();
  try {
    await import(pathToFileURL(main).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw missing(device, `${name} did not load: ${reason}`, cause);
  }
}

/** The package's `dist/index.js`, which can be found also when it cannot be loaded. */
function mainFile(name: string, from: string): string | null {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return null;
  }
}

function hasAddon(folder: string): boolean {
  const versions = join(folder, 'lib');
  return (
    existsSync(versions) && readdirSync(versions).some((napi) => existsSync(join(versions, napi, ADDON)))
  );
}

/** The package still uses two functions that Node.js 23 has taken out of `node:util`. */
function giveBackUtilities(): void {
  const utilities = util as unknown as Record<string, unknown>;
  utilities['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  utilities['isArray'] ??= Array.isArray;
}

function missing(device: TensorflowDevice, reason: string, cause?: unknown): UbtError {
  return new UbtError(
    'failed-precondition',
    `The tensorflow backend is not usable on ${device}: ${reason}.`,
    {
      code: 'ENGINE_BACKEND_MISSING',
      fix: `Run \`npm run provide:tensorflow -- --device ${device}\`, or choose the onnxruntime backend.`,
      cause,
    },
  );
}

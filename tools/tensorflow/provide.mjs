import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Failure } from '../bootstrap/failure.mjs';
import { workspace } from '../bootstrap/workspace.mjs';
import { buildAddon } from './build-addon.mjs';
import { fetchLibtensorflow } from './fetch-libtensorflow.mjs';
import { installPackage } from './install-package.mjs';
import { readOptions, USAGE } from './options.mjs';
import { checkRequirements } from './requirements.mjs';

/**
 * Provides the backend `tensorflow` where the npm package's own download of libtensorflow cannot run, or would
 * bring a CUDA that is too old: the library comes out of TensorFlow's Python wheel, and the package's native
 * addon is compiled against it. Run again, it does only what is not done yet.
 *
 * @param {string[]} args of the command line
 * @throws {Failure} with what is missing or wrong
 */
export async function provide(args) {
  const options = readOptions(args);
  if (options.help) return console.log(USAGE);
  await checkRequirements(options);
  const folder = await installPackage(options.npmPackage);
  const { tensorflow, cudaLibraries } = await fetchLibtensorflow(options);
  await buildAddon(folder, tensorflow, options.wheel);
  const version = await loadedVersion(options.npmPackage, cudaLibraries);
  console.log(`${options.npmPackage} loads and says TensorFlow ${version}. Use it with:`);
  if (cudaLibraries !== null) console.log(`  export LD_LIBRARY_PATH=${cudaLibraries}`);
  console.log(`  export UBT_BACKEND=tensorflow UBT_DEVICE=${options.device}`);
}

/** Loads the package as a service would, in a process of its own. */
async function loadedVersion(npmPackage, cudaLibraries) {
  const program = `process.stdout.write(require('${npmPackage}').backend().binding.TF_Version)`;
  const env = cudaLibraries === null ? process.env : { ...process.env, LD_LIBRARY_PATH: cudaLibraries };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: workspace, env });
    return stdout;
  } catch (error) {
    throw new Failure(`${npmPackage} was built but does not load:\n${error.stderr || error.message}`);
  }
}

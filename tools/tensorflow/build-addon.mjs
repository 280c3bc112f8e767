import { access, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runQuietly } from '../bootstrap/run-command.mjs';
import { nodeGyp, nodeHeaders } from './requirements.mjs';

/** Newest Node-API version that the package's own manifest lists; every supported Node.js has it. */
const NAPI_VERSION = 8;

/**
 * Compiles the package's native addon against libtensorflow, unless that was done with the same wheel.
 *
 * @param {string} folder of the npm package
 * @param {string} tensorflow folder of the libraries, with `include/`
 * @param {string} wheel
 */
export async function buildAddon(folder, tensorflow, wheel) {
  const addon = join(folder, 'lib', `napi-v${NAPI_VERSION}`);
  const marker = join(folder, 'deps', 'built.json');
  const build = JSON.stringify({ wheel, tensorflow, node: process.versions.modules });
  const isBuilt = await access(join(addon, 'tfjs_binding.node')).then(always(true), always(false));
  if (isBuilt && (await readFile(marker, 'utf8').catch(() => '')) === build) return;

  await linkDependencies(join(folder, 'deps'), tensorflow);
  const headers = await nodeHeaders();
  await runQuietly('Compiling the native addon', process.execPath, [
    ...[await nodeGyp(), 'rebuild', '--directory', folder],
    ...(headers === undefined ? [] : ['--nodedir', headers]),
    // What node-pre-gyp would pass on from the package's manifest.
    ...['--module_name=tfjs_binding', `--module_path=${addon}`],
    ...[`--napi_version=${NAPI_VERSION}`, `--napi_build_version=${NAPI_VERSION}`],
  ]);
  await rm(join(folder, 'build'), { recursive: true });
  await writeFile(marker, build);
}

/**
 * The addon looks for its libraries in `deps/lib`. That is a link to their folder, not a folder of links,
 * because libraries look for others relative to the folder they were found in.
 */
async function linkDependencies(deps, tensorflow) {
  await rm(deps, { recursive: true, force: true });
  await mkdir(deps);
  await symlink(relative(deps, tensorflow), join(deps, 'lib'));
  await symlink(relative(deps, join(tensorflow, 'include')), join(deps, 'include'));
}

const always = (value) => () => value;

import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../bootstrap/failure.mjs';

const execute = promisify(execFile);

/**
 * Checks everything that the build needs and tells all that is missing at once.
 *
 * @param {import('./options.mjs').Options} options
 * @throws {Failure} with one line per missing thing
 */
export async function checkRequirements({ python }) {
  if (process.platform !== 'linux') {
    throw new Failure(
      `This way of providing TensorFlow is for Linux; on ${process.platform} let the package's own script download it:\n` +
        '  npm install --no-save --ignore-scripts=false @tensorflow/tfjs-node',
    );
  }
  const checks = [
    runs(python, ['-m', 'pip', '--version'], `${python} with pip, to get the wheel (Debian: python3-pip)`),
    runs(process.env.CXX || 'c++', ['--version'], 'a C++ compiler (Debian: g++, or set CXX)'),
    runs('make', ['--version'], 'make (Debian: make)'),
    nodeGyp().then((file) => (file ? null : 'node-gyp, which comes with npm (npm install -g node-gyp)')),
  ];
  const missing = (await Promise.all(checks)).filter((line) => line !== null);
  if (missing.length > 0) throw new Failure(`Missing:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
}

/** @returns {Promise<string | null>} what is missing when the command does not run */
async function runs(command, args, what) {
  try {
    await execute(command, args);
    return null;
  } catch {
    return what;
  }
}

/** node-gyp's program: the one npm names for its scripts, or the one inside the npm beside this Node.js. */
export async function nodeGyp() {
  const besideNode = join(dirname(process.execPath), '..', 'lib', 'node_modules');
  return firstThatExists([
    process.env.npm_config_node_gyp,
    join(besideNode, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    join(besideNode, 'node-gyp', 'bin', 'node-gyp.js'),
  ]);
}

/** Folder whose `include/node` has this Node.js's headers; without one, node-gyp downloads them. */
export async function nodeHeaders() {
  const prefix = join(dirname(process.execPath), '..');
  const found = await firstThatExists([join(prefix, 'include', 'node', 'node_api.h')]);
  return found && prefix;
}

async function firstThatExists(files) {
  for (const file of files) {
    if (file === undefined) continue;
    if (await access(file).then(always(true), always(false))) return file;
  }
  return undefined;
}

const always = (value) => () => value;

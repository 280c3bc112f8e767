import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly } from '../bootstrap/run-command.mjs';
import { workspace } from '../bootstrap/workspace.mjs';
import { TFJS_VERSION } from './options.mjs';

const BOTH = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

/**
 * Installs the npm package into node_modules, without its install script and without a trace in package.json,
 * since it is an optional peer that only some machines want.
 *
 * @param {string} npmPackage
 * @returns {Promise<string>} its folder
 */
export async function installPackage(npmPackage) {
  if ((await installedVersion(npmPackage)) !== TFJS_VERSION) {
    // npm removes what it does not know of: the other package has to be named again.
    const others = await Promise.all(
      BOTH.map(async (name) => ((await installedVersion(name)) ? name : null)),
    );
    const wanted = new Set([npmPackage, ...others.filter((name) => name !== null)]);
    await runQuietly(`Installing ${npmPackage}`, 'npm', [
      ...['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'],
      ...[...wanted].map((name) => `${name}@${TFJS_VERSION}`),
    ]);
  }
  return packageFolder(npmPackage);
}

const packageFolder = (name) => join(workspace, 'node_modules', ...name.split('/'));

async function installedVersion(name) {
  const text = await readFile(join(packageFolder(name), 'package.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text).version;
}

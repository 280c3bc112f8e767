import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly } from './run-command.mjs';

/**
 * Runs `npm ci` unless node_modules already holds what package-lock.json asks for.
 *
 * @param {string} root folder of both
 */
export async function installDependencies(root) {
  const wanted = await readLock(join(root, 'package-lock.json'));
  const installed = await readLock(join(root, 'node_modules', '.package-lock.json'));
  if (wanted !== undefined && installed !== undefined && isInstalled(wanted, installed)) return;
  await runQuietly('Installing the dependencies (npm ci)', 'npm', ['ci']);
}

/**
 * Whether npm's record of what it installed agrees with the lock file. Optional packages may be absent:
 * those are the binaries of other platforms.
 *
 * @param {Record<string, { version?: string, optional?: boolean }>} wanted `packages` of package-lock.json
 * @param {Record<string, { version?: string }>} installed `packages` of node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return optional === true;
    return found.version === version;
  });
}

async function readLock(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspace } from './workspace.mjs';

/**
 * The packages of the workspace that have a `test` script.
 *
 * @returns {Promise<{ name: string, folder: string }[]>} in alphabetical order, folders absolute
 */
export async function testedPackages() {
  const { workspaces } = JSON.parse(await readFile(join(workspace, 'package.json'), 'utf8'));
  const folders = (await Promise.all(workspaces.map(expand))).flat();
  const packages = await Promise.all(folders.map(describe));
  return packages.filter(({ scripts }) => scripts?.test !== undefined).sort(byName);
}

const byName = (a, b) => a.name.localeCompare(b.name);

/** Workspaces are either one folder or `folder/*`. */
async function expand(pattern) {
  if (!pattern.endsWith('/*')) return [join(workspace, pattern)];
  const parent = join(workspace, pattern.slice(0, -2));
  const entries = await readdir(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
}

async function describe(folder) {
  const { name, scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return { name, scripts, folder };
}

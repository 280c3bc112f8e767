import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspace } from './workspace.mjs';

/**
 * The packages of the workspace that have a certain script.
 *
 * @param {string} script such as `test`
 * @returns {Promise<{ name: string, folder: string, scripts: Record<string, string> }[]>} in alphabetical
 *   order, folders absolute
 */
export async function packagesWith(script) {
  const { workspaces } = JSON.parse(await readFile(join(workspace, 'package.json'), 'utf8'));
  const folders = (await Promise.all(workspaces.map(expand))).flat();
  const packages = (await Promise.all(folders.map(describe))).flat();
  return packages.filter(({ scripts }) => scripts?.[script] !== undefined).sort(byName);
}

const byName = (a, b) => a.name.localeCompare(b.name);

/** Workspaces are either one folder or `folder/*`. */
async function expand(pattern) {
  if (!pattern.endsWith('/*')) return [join(workspace, pattern)];
  const parent = join(workspace, pattern.slice(0, -2));
  const entries = await readdir(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
}

/** A folder without a package.json is no package: a branch change leaves such folders behind. */
async function describe(folder) {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const { name, scripts } = JSON.parse(text);
  return [{ name, scripts, folder }];
}

import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runQuietly } from '../bootstrap/run-command.mjs';
import { workspace } from '../bootstrap/workspace.mjs';

/** Names under which the addon's linker looks for the libraries, and how the wheel calls them. */
const LINKER_NAMES = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/**
 * Takes libtensorflow and its headers (and NVIDIA's libraries, where the wheel asks for them) out of the Python
 * wheel, into `.cache/tensorflow/<device>`. What is there from the same wheel stays.
 *
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<{ tensorflow: string, cudaLibraries: string | null }>} folders: of the libraries with
 *   `include/`, and of links to NVIDIA's libraries
 */
export async function fetchLibtensorflow({ device, wheel, python }) {
  const folder = join(workspace, '.cache', 'tensorflow', device);
  const site = join(folder, 'site');
  const marker = join(folder, 'provided.json');
  if ((await readFile(marker, 'utf8').catch(() => '')) !== JSON.stringify({ wheel })) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await install({ python, wheel, site, withDependencies: device === 'cuda' });
    await keepLibraries(site);
    await linkNvidiaLibraries(site, join(folder, 'nvidia'));
    await writeFile(marker, JSON.stringify({ wheel }));
  }
  return {
    tensorflow: join(site, 'tensorflow'),
    cudaLibraries: device === 'cuda' ? join(folder, 'nvidia') : null,
  };
}

/** Only NVIDIA's libraries are of use among the dependencies, and only the GPU's wheel has them. */
async function install({ python, wheel, site, withDependencies }) {
  await runQuietly(`Getting ${wheel} from pip`, python, [
    ...['-m', 'pip', 'install', '--only-binary=:all:', '--no-compile', '--disable-pip-version-check'],
    ...(withDependencies ? [] : ['--no-deps']),
    ...['--target', site, wheel],
  ]);
}

/** The wheel is mostly Python, which is not needed. */
async function keepLibraries(site) {
  await keepOnly(site, (name) => name === 'tensorflow' || name === 'nvidia');
  const tensorflow = join(site, 'tensorflow');
  await keepOnly(tensorflow, (name) => name === 'include' || name.startsWith('libtensorflow'));
  for (const [name, target] of Object.entries(LINKER_NAMES)) await symlink(target, join(tensorflow, name));
}

async function keepOnly(folder, isKept) {
  for (const name of await readdir(folder)) {
    if (!isKept(name)) await rm(join(folder, name), { recursive: true });
  }
}

/** One folder for the library path instead of one per NVIDIA package. */
async function linkNvidiaLibraries(site, links) {
  const packages = await readdir(join(site, 'nvidia'), { withFileTypes: true }).catch(() => []);
  const unfinished = `${links}.unfinished`;
  await mkdir(unfinished, { recursive: true });
  for (const { name } of packages.filter((entry) => entry.isDirectory())) {
    const folder = join(site, 'nvidia', name, 'lib');
    for (const library of await readdir(folder).catch(() => [])) {
      if (!library.includes('.so')) continue;
      await symlink(relative(unfinished, join(folder, library)), join(unfinished, library));
    }
  }
  await rename(unfinished, links);
}

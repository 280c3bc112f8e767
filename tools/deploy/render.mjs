import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../bootstrap/failure.mjs';
import { workspace } from '../bootstrap/workspace.mjs';

const execute = promisify(execFile);
export const CHART = join(workspace, 'deploy', 'helm', 'ubt');
export const RENDERED = join(workspace, 'deploy', 'rendered');

/** Names of the profiles that are rendered: `cpu` has its values in `ci/cpu-values.yaml`. */
export async function profiles() {
  const files = await readdir(join(CHART, 'ci'));
  return files
    .filter((name) => name.endsWith('-values.yaml'))
    .map((name) => name.replace('-values.yaml', ''));
}

/** The chart as plain YAML, for release and namespace `ubt`. */
export async function render(helm, profile) {
  return runHelm(helm, [
    ...['template', 'ubt', CHART, '--namespace', 'ubt', '--kube-version', '1.33.0'],
    ...['--values', valuesOf(profile)],
  ]);
}

/** Helm's own checks, warnings counted as errors. */
export async function lint(helm, profile) {
  return runHelm(helm, ['lint', '--strict', '--quiet', CHART, '--values', valuesOf(profile)]);
}

const valuesOf = (profile) => join(CHART, 'ci', `${profile}-values.yaml`);

/** @throws {Failure} with what Helm says */
export async function runHelm(helm, args) {
  try {
    const { stdout } = await execute(helm, args, { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    throw new Failure(`helm ${args[0]} failed:\n${error.stderr || error.stdout || error.message}`);
  }
}

/** A folder built by Kustomize. */
export async function kustomize(kubectl, folder) {
  const { stdout } = await execute(kubectl, ['kustomize', folder], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

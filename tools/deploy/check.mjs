import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Failure } from '../bootstrap/failure.mjs';
import { workspace } from '../bootstrap/workspace.mjs';
import { provideKubernetesTools } from './kubernetes-tools.mjs';
import { CHART, kustomize, lint, profiles, render, RENDERED, runHelm } from './render.mjs';

const OVERLAYS = join(workspace, 'deploy', 'kustomize');

/** Values that the chart must refuse, and the words it must refuse them with. */
const REFUSED = [
  [['--set', 'detector.prot=1', '--set', 'security.allowInsecure=true'], 'prot'],
  [['--set', 'storage.kind=s3', '--set', 'security.allowInsecure=true'], 'store'],
  [['--set', 'unlearner.scaling=scaledJob', '--set', 'security.allowInsecure=true'], 'needs storage.kind=s3'],
  [[], 'Set security.tlsSecret'],
];

/** Writes the rendered profiles that are committed. */
export async function renderAll() {
  const { helm } = await provideKubernetesTools();
  for (const profile of await profiles()) {
    await mkdir(join(RENDERED, profile), { recursive: true });
    await writeFile(join(RENDERED, profile, 'ubt.yaml'), await render(helm, profile));
    await writeFile(join(RENDERED, profile, 'kustomization.yaml'), KUSTOMIZATION);
  }
  console.log(`Rendered ${(await profiles()).join(', ')} into ${relative(workspace, RENDERED)}.`);
}

const KUSTOMIZATION = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [ubt.yaml]
`;

/**
 * Lints and renders the chart for every profile, compares that with what is committed, has the chart refuse what
 * it must refuse, and builds the overlays.
 *
 * @throws {Failure} with the first thing that is wrong
 */
export async function checkAll() {
  const { helm, kubectl } = await provideKubernetesTools();
  for (const profile of await profiles()) {
    await lint(helm, profile);
    const committed = await readFile(join(RENDERED, profile, 'ubt.yaml'), 'utf8').catch(() => '');
    if ((await render(helm, profile)) !== committed) {
      throw new Failure(
        `deploy/rendered/${profile} is not what the chart gives. Run "npm run deploy:render".`,
      );
    }
  }
  for (const [values, words] of REFUSED) await mustRefuse(helm, values, words);
  const overlays = await readdir(OVERLAYS);
  for (const overlay of overlays) await kustomize(kubectl, join(OVERLAYS, overlay));
  console.log(`Chart, ${(await profiles()).length} profiles and ${overlays.length} overlay(s) are in order.`);
}

async function mustRefuse(helm, values, words) {
  const said = await runHelm(helm, ['template', 'ubt', CHART, ...values]).then(
    () => undefined,
    (error) => error.message,
  );
  if (said === undefined) throw new Failure(`The chart takes ${values.join(' ') || 'no values'}.`);
  if (!said.includes(words)) throw new Failure(`The chart refuses ${values.join(' ')} with: ${said}`);
}

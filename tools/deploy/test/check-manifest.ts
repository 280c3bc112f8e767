import type { Manifest } from './manifests.js';
import { unknownFields } from './unknown-fields.js';

/** The packages whose models know an API group. */
const PACKAGES: Readonly<Record<string, string>> = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'argoproj.io': '@kubernetes-models/argo-workflows',
};

/** A class of the models; its instances validate themselves. */
interface Kind {
  readonly prototype: { validate(this: unknown): void };
}

/**
 * What is wrong with an object: missing and mistyped fields by the schema of its kind, and fields that the schema
 * does not know, which API servers would drop in silence.
 */
export async function checkManifest(manifest: Manifest): Promise<string[]> {
  const kind = await kindOf(manifest);
  if (kind === undefined) return [`there is no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const problems: string[] = [];
  const unknown = unknownFields(manifest, (value) => {
    try {
      kind.prototype.validate.call(value);
    } catch (error) {
      problems.push((error as Error).message);
    }
  });
  return [...problems, ...unknown.map((path) => `unknown field ${path}`)];
}

async function kindOf({ apiVersion, kind }: Manifest): Promise<Kind | undefined> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : [undefined, apiVersion];
  const models = group === undefined ? undefined : PACKAGES[group];
  const folder = group === undefined ? version : `${group}/${version}`;
  const module: Record<string, Kind> = await import(
    `${models ?? 'kubernetes-models'}/${folder}/${kind}`
  ).catch(() => ({}));
  return module[kind];
}

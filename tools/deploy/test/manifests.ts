import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** The repository's `deploy` folder. */
export const DEPLOY = fileURLToPath(new URL('../../../deploy', import.meta.url));

/** A Kubernetes object as it stands in a file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** The documents of a YAML file; a file that is not YAML throws. */
export async function readManifests(path: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await readFile(path, 'utf8'));
  const list = Array.isArray(documents) ? documents : [];
  for (const { errors } of list) if (errors[0] !== undefined) throw errors[0];
  return list.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}

/** Names of the rendered profiles. */
export const profiles = async (): Promise<string[]> => readdir(join(DEPLOY, 'rendered'));

/** The objects of a rendered profile. */
export const readProfile = (profile: string): Promise<Manifest[]> =>
  readManifests(join(DEPLOY, 'rendered', profile, 'ubt.yaml'));

/** A short name for messages: `Deployment/ubt-detector`. */
export const nameOf = ({ kind, metadata }: Manifest): string =>
  `${kind}/${metadata.name ?? metadata.generateName ?? ''}`;

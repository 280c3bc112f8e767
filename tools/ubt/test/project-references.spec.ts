import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(workspace, path), 'utf8');

const folders = ['libs', 'services', 'tools'].flatMap((group) =>
  readdirSync(join(workspace, group)).map((name) => `${group}/${name}`),
);

/** The packages of ours that are built from TypeScript, by name, with their folders. */
const packages = new Map(
  folders
    .filter((folder) => existsSync(join(workspace, folder, 'tsconfig.build.json')))
    .map((folder) => [(JSON.parse(read(`${folder}/package.json`)) as { name: string }).name, folder]),
);

/** The packages of ours that a package's code imports, its tests and contracts aside. */
function imported(folder: string): string[] {
  const files = readdirSync(join(workspace, folder, 'src'), { recursive: true, encoding: 'utf8' });
  const built = files.filter((file) => file.endsWith('.ts') && !/\.(spec|contract)\.ts$/.test(file));
  const names = built.flatMap((file) =>
    [...read(join(folder, 'src', file)).matchAll(/from '(@ubt\/[^']+)'/g)].map(([, name]) => name!),
  );
  return [...new Set(names)].sort();
}

/** What the build of a package waits for. */
function referenced(folder: string): string[] {
  const { references = [] } = JSON.parse(read(join(folder, 'tsconfig.build.json'))) as {
    references?: { path: string }[];
  };
  const folders = references.map(({ path }) => relative('.', dirname(join(folder, path))));
  return [...packages]
    .filter(([, place]) => folders.includes(place))
    .map(([name]) => name)
    .sort();
}

describe('project references', () => {
  it.each([...packages])(
    '%s names what it imports and depends on, so that it builds from nothing',
    (_, folder) => {
      const { dependencies = {} } = JSON.parse(read(join(folder, 'package.json'))) as {
        dependencies?: Record<string, string>;
      };
      const needed = [...imported(folder), ...Object.keys(dependencies).filter((name) => packages.has(name))];
      expect(needed.filter((name) => !referenced(folder).includes(name))).toEqual([]);
    },
  );

  it.each([...packages])('%s depends in package.json on what it imports', (_, folder) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      read(join(folder, 'package.json')),
    ) as Record<string, Record<string, string>>;
    const declared = Object.keys({ ...dependencies, ...devDependencies });
    expect(imported(folder).filter((name) => !declared.includes(name))).toEqual([]);
  });
});

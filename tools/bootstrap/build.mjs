import { relative } from 'node:path';
import { runQuietly } from './run-command.mjs';
import { workspace } from './workspace.mjs';
import { packagesWith } from './workspace-packages.mjs';

const PLAIN_BUILD = 'tsc -b tsconfig.build.json';

/**
 * Builds every package. As long as each build is the compiler alone, one compiler does them all: it reads the
 * shared types once instead of once per package, which is several times faster.
 */
export async function build() {
  const packages = await packagesWith('build');
  const [command, ...args] = packages.every(({ scripts }) => scripts.build === PLAIN_BUILD)
    ? ['tsc', '-b', ...packages.map(({ folder }) => `${relative(workspace, folder)}/tsconfig.build.json`)]
    : ['nx', 'run-many', '-t', 'build', '--output-style=static'];
  await runQuietly('Building', 'npx', [command, ...args]);
}

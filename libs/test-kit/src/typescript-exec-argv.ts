import { fileURLToPath } from 'node:url';

/**
 * Node.js options under which a child process runs the workspace's TypeScript sources as they are, so that a
 * spec can fork a worker without a build first.
 */
export function typescriptExecArgv(): string[] {
  const register = new URL('../loader/register.mjs', import.meta.url);
  return ['--conditions=ubt-source', '--enable-source-maps', '--import', fileURLToPath(register)];
}

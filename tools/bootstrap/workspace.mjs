import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const workspace = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Environment of every command: Nx without daemon, cloud or terminal interface, and the system's sbin
 * folders on the path, where Debian puts servers that a plain user may start too.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function commandEnvironment(env = process.env) {
  return {
    ...env,
    PATH: [env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter),
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
  };
}

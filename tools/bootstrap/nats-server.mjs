import { Failure } from './failure.mjs';
import { runQuietly, succeeds } from './run-command.mjs';

const APT = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * Makes sure that the tests find a `nats-server`. Debian's package is installed where that needs nobody's
 * password: as root, or through a sudo that asks for none.
 *
 * @throws {Failure} with the one line that says what to install
 */
export async function ensureNatsServer() {
  if (await hasNatsServer()) return;
  const asRoot = await rootPrefix();
  if (asRoot !== undefined && (await succeeds('apt-get', ['--version']))) {
    const [command, ...args] = [...asRoot, 'apt-get'];
    await runQuietly('Updating the package lists', command, [...args, '-qq', 'update'], APT);
    await runQuietly(
      'Installing nats-server',
      command,
      [...args, '-qq', 'install', '-y', 'nats-server'],
      APT,
    );
    if (await hasNatsServer()) return;
  }
  throw new Failure(
    'The tests need nats-server: run "sudo apt-get update && sudo apt-get install -y nats-server", then npm test again.',
  );
}

const hasNatsServer = () => succeeds('nats-server', ['--version']);

/** What to put before a command so that it runs as root; undefined when that is not possible. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return (await succeeds('sudo', ['-n', 'true'])) ? ['sudo', '-n'] : undefined;
}

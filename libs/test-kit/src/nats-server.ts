import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { UbtError } from '@ubt/errors';
import { freePort } from './free-port.js';
import { temporaryDirectory } from './temporary-directory.js';
import { waitFor } from './wait-for.js';

/** Where a test's nats-server listens and keeps its streams. */
export interface NatsServerOptions {
  /** Port on 127.0.0.1; a free one unless told. */
  readonly port?: number;
  /** Folder of the streams; a temporary one, removed by `stop`, unless told. */
  readonly storeDir?: string;
  /** More arguments of the command line, such as `--auth TOKEN`. */
  readonly args?: readonly string[];
  /** Name or path of the program. */
  readonly binary?: string;
}

/** A running nats-server with JetStream. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it for good and removes its temporary store. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL; the store stays, `restart` brings it back. */
  kill(): Promise<void>;
  /** Starts it again (ending it first when it runs) on the same port and store. */
  restart(): Promise<void>;
}

/**
 * Launches Debian's `nats-server` with JetStream on loopback and waits until it answers.
 *
 * @throws UbtError `failed-precondition`, code NATS_SERVER_MISSING, when the program is not installed;
 *   `unavailable`, code NATS_SERVER_NOT_STARTED, when it ends at once
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const port = options.port ?? (await freePort());
  const temporary = options.storeDir === undefined ? await temporaryDirectory('ubt-nats-') : undefined;
  const storeDir = options.storeDir ?? temporary!.path;
  const args = ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', storeDir, ...(options.args ?? [])];
  const launch = () => launchNatsServer(options.binary ?? 'nats-server', args, port);

  let child = await launch().catch(async (error: unknown) => {
    await temporary?.remove();
    throw error;
  });
  const kill = () => end(child, 'SIGKILL');
  const stop = async () => {
    await end(child, 'SIGTERM');
    await temporary?.remove();
  };
  const restart = async () => {
    await end(child, 'SIGTERM');
    child = await launch();
  };
  return { url: `nats://127.0.0.1:${port}`, port, stop, kill, restart, [Symbol.asyncDispose]: stop };
}

async function launchNatsServer(binary: string, args: string[], port: number): Promise<ChildProcess> {
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  await waitFor(async () => failure !== undefined || hasEnded(child) || (await greets(port)), {
    what: `nats-server on port ${port}`,
  });
  if (failure !== undefined) throw notInstalled(binary, failure);
  if (hasEnded(child)) {
    throw new UbtError('unavailable', `nats-server ended at once: ${log.trim()}`, {
      code: 'NATS_SERVER_NOT_STARTED',
    });
  }
  return child;
}

function notInstalled(binary: string, cause: Error): UbtError {
  return new UbtError('failed-precondition', `Cannot run ${binary}, which the tests of the event bus need.`, {
    code: 'NATS_SERVER_MISSING',
    fix: 'apt-get install -y nats-server',
    cause,
  });
}

/** Whether a NATS server says its INFO line on the port. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    const [data] = (await once(socket, 'data', { signal: AbortSignal.timeout(500) })) as [Buffer];
    return data.toString().startsWith('INFO');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

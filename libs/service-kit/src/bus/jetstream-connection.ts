import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connect,
  credsAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { UbtError } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';

/** How to reach NATS. */
export interface NatsOptions {
  /** Addresses, such as nats://nats:4222. */
  readonly servers: readonly string[];
  /** Name of this client in NATS's monitoring. */
  readonly name?: string;
  /**
   * TLS and nothing else, mutual with a certificate and its key: paths of PEM files, which every connection reads
   * anew. Without it, TLS is used when the server says so, which whoever stands between can deny.
   */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** Content of a .creds file; asked for at every connection. */
  readonly credentials?: () => Uint8Array;
  readonly token?: () => string;
  readonly user?: string;
  readonly pass?: () => string;
  /** How a connection is made; for tests. */
  readonly dial?: (options: NodeConnectionOptions) => Promise<NatsConnection>;
}

/** A live connection whose streams are in order. */
export interface Link {
  readonly nats: NatsConnection;
  readonly manager: JetStreamManager;
}

/** A connection that is made, and made again, in the background. */
export interface NatsLink {
  /** The connection, now or when it is there. @throws UbtError BUS_UNAVAILABLE when it takes longer */
  link(timeoutMs: number): Promise<Link>;
  onConnection(listener: (connected: boolean) => void): () => void;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Connects to NATS and stays connected: a server that is down at start or later is tried again for as long as
 * the link is open. `prepare` runs on every new connection before anybody uses it.
 */
export function openNatsLink(
  options: NatsOptions,
  prepare: (link: Link) => Promise<void>,
  logger: Logger,
): NatsLink {
  const closing = new AbortController();
  const listeners = new Set<(connected: boolean) => void>();
  const waiting = new Set<(link: Link) => void>();
  let current: Link | undefined;
  let connected = false;
  let lastError: Error | undefined;

  const tell = (state: boolean) => {
    if (state === connected) return;
    connected = state;
    for (const listener of listeners) listener(state);
  };
  const establish = async (): Promise<Link> => {
    const dial = options.dial ?? connect;
    const nats = await dial(connectionOptions(options));
    try {
      const link = { nats, manager: await jetstreamManager(nats) };
      await prepare(link);
      return link;
    } catch (error) {
      await nats.close();
      throw error;
    }
  };
  const keepUp = async (): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; !closing.signal.aborted;) {
      try {
        current = await establish();
        pause = FIRST_PAUSE_MS;
        logger.info({ server: current.nats.getServer() }, 'connected to NATS');
        for (const resolve of waiting) resolve(current);
        waiting.clear();
        tell(true);
        void followStatus(current.nats, tell, logger);
        lastError = (await current.nats.closed()) ?? undefined;
      } catch (err) {
        lastError = err as Error;
        logger.warn({ err, servers: options.servers, retry_in_ms: pause }, 'cannot use NATS yet');
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => undefined);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
      current = undefined;
      tell(false);
    }
  };
  const running = keepUp();

  return {
    link: (timeoutMs) => {
      if (closing.signal.aborted) return Promise.reject(unavailable(options, new Error('the bus is closed')));
      if (current !== undefined) return Promise.resolve(current);
      return new Promise((resolve, reject) => {
        const settle = (link: Link) => {
          clearTimeout(timer);
          resolve(link);
        };
        const timer = setTimeout(() => {
          waiting.delete(settle);
          reject(unavailable(options, lastError));
        }, timeoutMs);
        waiting.add(settle);
      });
    },
    onConnection: (listener) => {
      listeners.add(listener);
      listener(connected);
      return () => listeners.delete(listener);
    },
    close: async () => {
      closing.abort();
      await current?.nats.close();
      await running;
    },
  };
}

/** The error of everything that needs the broker while it is away. */
export function unavailable({ servers }: Pick<NatsOptions, 'servers'>, cause: unknown): UbtError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new UbtError('unavailable', `NATS at ${servers.join(', ')} cannot be used${reason}.`, {
    code: 'BUS_UNAVAILABLE',
    fix: 'Check that nats-server runs there with JetStream (-js), and the credentials.',
    retryAfterMs: 1_000,
    cause,
  });
}

function connectionOptions(options: NatsOptions): NodeConnectionOptions {
  const { servers, name = 'ubt', tls } = options;
  const authenticator = authenticatorOf(options);
  return {
    servers: [...servers],
    name,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: FIRST_PAUSE_MS,
    pingInterval: 20_000,
    ...(tls === undefined ? {} : { tls: { ...tls, ...dialledHost(servers) } }),
    ...(authenticator === undefined ? {} : { authenticator }),
  };
}

/**
 * The host that the server's certificate must be for, where it is dialled by number. The library checks host names
 * only, and takes any certificate for "localhost" at an IP address; what it does not know it hands on to Node.js.
 */
function dialledHost([server = '']: readonly string[]): { host?: string } {
  const host = URL.canParse(server) ? new URL(server).hostname.replace(/^\[(.*)\]$/, '$1') : '';
  return isIP(host) === 0 ? {} : { host };
}

function authenticatorOf({ credentials, token, user, pass }: NatsOptions): Authenticator | undefined {
  if (credentials !== undefined) return credsAuthenticator(credentials);
  if (token !== undefined) return tokenAuthenticator(token);
  if (user !== undefined) return usernamePasswordAuthenticator(user, pass);
  return undefined;
}

async function followStatus(
  nats: NatsConnection,
  tell: (connected: boolean) => void,
  logger: Logger,
): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === 'disconnect') {
      logger.warn('lost the connection to NATS, trying again');
      tell(false);
    } else if (type === 'reconnect') {
      logger.info({ server: nats.getServer() }, 'connected to NATS again');
      tell(true);
    }
  }
}

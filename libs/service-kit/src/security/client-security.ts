import { rootCertificates } from 'node:tls';
import {
  credentials,
  experimental,
  InterceptingCall,
  type ChannelCredentials,
  type Interceptor,
} from '@grpc/grpc-js';
import { UbtError } from '@ubt/errors';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { certificateProvider } from './certificate-provider.js';
import { watchCertificates } from './certificates.js';
import { hostOfTarget, isLoopback } from './is-loopback.js';
import { watchFiles } from './watch-files.js';

/** How a client shows who it is, and whom it trusts. */
export interface ClientSecuritySettings {
  /** TLS, against the authorities that Node.js knows unless `ca` names others. A certificate or `ca` implies it. */
  readonly tls?: boolean;
  /** Paths of PEM files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** File that holds the bearer token. */
  readonly tokenFile?: string;
  /** Lets a token travel in plain text beyond loopback. */
  readonly allowInsecure?: boolean;
  /** How often the files are looked at, in milliseconds; every 30 s unless told. */
  readonly reloadMs?: number;
  readonly logger?: Logger;
}

/** Settings made usable, for any number of clients. */
export interface ClientSecurity {
  readonly channel: ChannelCredentials;
  readonly interceptors: readonly Interceptor[];
  /** @throws UbtError `failed-precondition` TOKEN_NEEDS_TLS when the token would travel in plain text */
  check(address: string): void;
  /** Stops looking at the files. */
  close(): void;
}

/** Neither TLS nor a token. */
export const noClientSecurity: ClientSecurity = {
  channel: credentials.createInsecure(),
  interceptors: [],
  check: () => undefined,
  close: () => undefined,
};

/**
 * Reads a client's certificates and token, and follows their files: a long run outlives short-lived ones.
 *
 * @throws UbtError TLS_FILES_INVALID, TOKEN_FILE_INVALID, CONFIG_INVALID, or that a file cannot be read
 */
export async function openClientSecurity(settings: ClientSecuritySettings): Promise<ClientSecurity> {
  const { ca, cert, key, tokenFile } = settings;
  if ((cert === undefined) !== (key === undefined)) throw halfAnIdentity();
  const watching = { intervalMs: settings.reloadMs ?? 30_000, logger: settings.logger ?? silentLogger() };
  const paths = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const certificates = Object.keys(paths).length === 0 ? undefined : await watchCertificates(paths, watching);
  const token =
    tokenFile === undefined
      ? undefined
      : await watchFiles({
          what: 'the token',
          paths: [tokenFile],
          parse: ([bytes]) => parseToken(bytes!, tokenFile),
          ...watching,
        });
  const encrypted = certificates !== undefined || settings.tls === true;
  return {
    channel: encrypted
      ? tlsChannel(certificates && certificateProvider(certificates, ROOTS), cert !== undefined)
      : noClientSecurity.channel,
    interceptors: token === undefined ? [] : [bearer(() => token.current())],
    check: (address) => {
      if (token === undefined || encrypted || settings.allowInsecure === true) return;
      if (!isLoopback(hostOfTarget(address))) throw tokenNeedsTls(address);
    },
    close: () => {
      certificates?.close();
      token?.close();
    },
  };
}

const ROOTS = Buffer.from(rootCertificates.join('\n'));

function tlsChannel(
  provider: experimental.CertificateProvider | undefined,
  mutual: boolean,
): ChannelCredentials {
  if (provider === undefined) return credentials.createSsl();
  return experimental.createCertificateProviderChannelCredentials(
    provider,
    mutual ? provider : null,
  ) as ChannelCredentials;
}

/** An interceptor and not grpc-js's call credentials, which it never lets through a channel without TLS. */
function bearer(token: () => string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        metadata.set('authorization', `Bearer ${token()}`);
        next(metadata, listener);
      },
    });
}

function parseToken(bytes: Buffer, path: string): string {
  const token = bytes.toString('utf8').trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UbtError('invalid-argument', `${path} does not hold one token.`, {
    code: 'TOKEN_FILE_INVALID',
    fix: 'The file holds the token and nothing else.',
  });
}

function halfAnIdentity(): UbtError {
  return new UbtError('invalid-argument', 'A client certificate needs its key, and a key its certificate.', {
    code: 'CONFIG_INVALID',
    fix: 'Give both files, or neither.',
  });
}

function tokenNeedsTls(address: string): UbtError {
  return new UbtError('failed-precondition', `The token would travel to ${address} in plain text.`, {
    code: 'TOKEN_NEEDS_TLS',
    fix: 'Use TLS, or allow it where the network between is protected.',
  });
}

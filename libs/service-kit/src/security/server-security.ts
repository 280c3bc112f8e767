import { experimental, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import type { Logger } from '../telemetry/logger.js';
import { parseAccessPolicy } from './access-policy.js';
import { authoriseCalls } from './authorise-calls.js';
import { certificateProvider } from './certificate-provider.js';
import { watchCertificates } from './certificates.js';
import type { SecurityConfig } from './security-config.js';
import { watchFiles } from './watch-files.js';

/** What a gRPC server needs to know whom it lets in. */
export interface ServerSecurity {
  readonly credentials: ServerCredentials;
  readonly interceptors: readonly ServerInterceptor[];
  /** Stops looking at the files. */
  close(): void;
}

type ServerSettings = Pick<
  SecurityConfig,
  'tlsCert' | 'tlsKey' | 'tlsCa' | 'tlsClientAuth' | 'authFile' | 'reloadSeconds'
>;

/**
 * TLS and authorisation as configured; without any setting, plain text and everybody. Certificates and the
 * access file are followed: new certificates count for new connections, a new access file from the next call on.
 *
 * @throws UbtError TLS_FILES_INVALID, AUTH_FILE_INVALID, or that a file cannot be read
 */
export async function openServerSecurity(settings: ServerSettings, logger: Logger): Promise<ServerSecurity> {
  const watching = { intervalMs: settings.reloadSeconds * 1000, logger };
  const { tlsCert: cert, tlsKey: key, tlsCa: ca, authFile } = settings;
  const certificates =
    cert === undefined || key === undefined
      ? undefined
      : await watchCertificates({ cert, key, ...(ca === undefined ? {} : { ca }) }, watching);
  const policy =
    authFile === undefined
      ? undefined
      : await watchFiles({
          what: 'the access file',
          paths: [authFile],
          parse: ([bytes]) => parseAccessPolicy(bytes!, authFile),
          ...watching,
        });
  const authorises = policy !== undefined || ca !== undefined;
  return {
    credentials:
      certificates === undefined
        ? ServerCredentials.createInsecure()
        : tlsCredentials(certificateProvider(certificates), settings),
    interceptors: authorises ? [authoriseCalls(() => policy?.current())] : [],
    close: () => {
      certificates?.close();
      policy?.close();
    },
  };
}

function tlsCredentials(
  provider: experimental.CertificateProvider,
  { tlsCa, tlsClientAuth }: ServerSettings,
): ServerCredentials {
  const authorities = tlsCa === undefined ? null : provider;
  const required = tlsCa !== undefined && tlsClientAuth === 'required';
  // Its declaration calls the parameters by each other's names: the server's own certificate comes first.
  return experimental.createCertificateProviderServerCredentials(
    provider,
    authorities,
    required,
  ) as ServerCredentials;
}

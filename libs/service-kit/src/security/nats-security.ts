import { readFileSync } from 'node:fs';
import type { NatsOptions } from '../bus/jetstream-connection.js';
import { usesNatsTls } from './check-security.js';
import type { SecurityConfig } from './security-config.js';

/**
 * How to reach NATS as configured. Files are named and not read: every connection, the first as one after a
 * break, reads them anew, so that renewed ones count.
 */
export function natsSecurity(
  config: SecurityConfig & { readonly host: string; readonly natsUrl?: string | undefined },
): Pick<NatsOptions, 'tls' | 'credentials' | 'token' | 'user' | 'pass'> {
  const { natsTlsCa, natsTlsCert, natsTlsKey, natsCreds, natsTokenFile, natsUser, natsPasswordFile } = config;
  return {
    ...(usesNatsTls(config)
      ? {
          tls: {
            ...(natsTlsCa === undefined ? {} : { caFile: natsTlsCa }),
            ...(natsTlsCert === undefined ? {} : { certFile: natsTlsCert }),
            ...(natsTlsKey === undefined ? {} : { keyFile: natsTlsKey }),
          },
        }
      : {}),
    ...(natsCreds === undefined ? {} : { credentials: () => readFileSync(natsCreds) }),
    ...(natsTokenFile === undefined ? {} : { token: () => readSecret(natsTokenFile) }),
    ...(natsUser === undefined ? {} : { user: natsUser }),
    ...(natsPasswordFile === undefined ? {} : { pass: () => readSecret(natsPasswordFile) }),
  };
}

/** Editors end files with a line break, which is no part of a secret. */
const readSecret = (path: string): string => readFileSync(path, 'utf8').trimEnd();

import type { Command } from 'commander';
import { openClientSecurity, type ClientSecurity } from '@ubt/service-kit';
import type { CliConfig } from '../config.js';
import { given } from './given.js';

/** Flags that say how services that run elsewhere are called. */
export interface RemoteFlags {
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
}

/** Adds the flags for TLS and tokens. A token is no flag itself: every user of the machine sees command lines. */
export function addRemoteFlags(command: Command): Command {
  return command
    .option('--tls', 'use TLS with services elsewhere, against the authorities Node.js knows')
    .option('--tls-ca <file>', 'authorities their certificates come from, PEM; implies TLS')
    .option('--tls-cert <file>', 'client certificate to show them, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--token-file <file>', 'file with the bearer token to show them');
}

/** What calls to services elsewhere carry: the flags, and from the environment what they leave open. */
export function openRemoteSecurity(
  { tls, tlsCa: ca, tlsCert: cert, tlsKey: key, tokenFile }: RemoteFlags,
  { client }: CliConfig,
): Promise<ClientSecurity> {
  return openClientSecurity({ ...client, ...given({ tls, ca, cert, key, tokenFile }) });
}

/** Opens what calls carry, lets `work` call, and closes it. */
export async function withRemoteSecurity<T>(
  flags: RemoteFlags,
  config: CliConfig,
  work: (security: ClientSecurity) => Promise<T>,
): Promise<T> {
  const security = await openRemoteSecurity(flags, config);
  try {
    return await work(security);
  } finally {
    security.close();
  }
}

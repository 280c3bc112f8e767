import { UbtError, type FieldViolation } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';
import { isLoopback } from './is-loopback.js';
import type { SecurityConfig } from './security-config.js';

type Checked = SecurityConfig & { readonly host: string; readonly natsUrl?: string | undefined };

/**
 * Checks that the settings belong together, and that nothing beyond this machine can be reached, or is used,
 * unprotected, unless UBT_ALLOW_INSECURE says so; then the log says so too, at every start.
 *
 * Refusing is the default because the one who forgets a setting does not read the log either.
 *
 * @throws UbtError `invalid-argument` CONFIG_INVALID; `failed-precondition` UNPROTECTED with every open door
 */
export function checkSecurity(config: Checked, logger: Logger): void {
  const mismatches = incomplete(config);
  if (mismatches.length > 0) {
    throw new UbtError('invalid-argument', `The configuration is not valid: ${listed(mismatches)}.`, {
      code: 'CONFIG_INVALID',
      fix: 'Set these environment variables together, or none of them.',
      violations: mismatches,
    });
  }
  const doors = [...openListener(config), ...openBroker(config)];
  if (doors.length === 0) return;
  if (!config.allowInsecure) {
    throw new UbtError('failed-precondition', `The service would be unprotected: ${listed(doors)}.`, {
      code: 'UNPROTECTED',
      fix: 'Set these variables, keep to loopback, or set UBT_ALLOW_INSECURE=true where a mesh or network policy protects it.',
      violations: doors,
    });
  }
  for (const { field, reason } of doors) logger.warn({ variable: field }, `UNPROTECTED: ${field} ${reason}`);
}

function incomplete(config: Checked): FieldViolation[] {
  const { tlsCert, tlsKey, tlsCa, natsTlsCert, natsTlsKey, natsUser, natsPasswordFile } = config;
  const together = (a: unknown, b: unknown, field: string, other: string): FieldViolation[] =>
    (a === undefined) === (b === undefined)
      ? []
      : [{ field, reason: `needs ${other}, and the other way round` }];
  const ways = [config.natsCreds, config.natsTokenFile, natsUser].filter((way) => way !== undefined);
  return [
    ...together(tlsCert, tlsKey, 'UBT_TLS_CERT', 'UBT_TLS_KEY'),
    ...together(natsTlsCert, natsTlsKey, 'UBT_NATS_TLS_CERT', 'UBT_NATS_TLS_KEY'),
    ...together(natsUser, natsPasswordFile, 'UBT_NATS_USER', 'UBT_NATS_PASSWORD_FILE'),
    ...(tlsCa !== undefined && tlsCert === undefined
      ? [{ field: 'UBT_TLS_CA', reason: 'needs UBT_TLS_CERT and UBT_TLS_KEY' }]
      : []),
    ...(ways.length > 1
      ? [
          {
            field: 'UBT_NATS_CREDS',
            reason: 'excludes UBT_NATS_TOKEN_FILE and UBT_NATS_USER, and they each other',
          },
        ]
      : []),
    ...(config.natsUrl !== undefined && hasUserInfo(config.natsUrl)
      ? [{ field: 'UBT_NATS_URL', reason: 'holds credentials; files hold them (UBT_NATS_CREDS and so on)' }]
      : []),
  ];
}

function openListener({ host, tlsCert, tlsCa, tlsClientAuth, authFile }: Checked): FieldViolation[] {
  if (isLoopback(host)) return [];
  const known = authFile !== undefined || (tlsCa !== undefined && tlsClientAuth === 'required');
  return [
    ...(tlsCert === undefined
      ? [{ field: 'UBT_TLS_CERT', reason: `is not set, so ${host} is served in plain text` }]
      : []),
    ...(known
      ? []
      : [
          {
            field: 'UBT_AUTH_FILE',
            reason: `is not set, nor are client certificates required, so anybody who reaches ${host} may call`,
          },
        ]),
  ];
}

function openBroker(config: Checked): FieldViolation[] {
  const { natsUrl } = config;
  if (natsUrl === undefined || usesNatsTls(config) || isLoopback(new URL(natsUrl).hostname)) return [];
  return [
    {
      field: 'UBT_NATS_TLS_CA',
      reason: `is not set and UBT_NATS_URL is not tls://, so events travel in plain text`,
    },
  ];
}

/** Whether the connection to NATS must be encrypted. */
export function usesNatsTls({ natsUrl, natsTlsCa, natsTlsCert }: Checked): boolean {
  const encrypted = natsUrl !== undefined && /^(tls|wss):/i.test(natsUrl);
  return encrypted || natsTlsCa !== undefined || natsTlsCert !== undefined;
}

function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

const listed = (violations: readonly FieldViolation[]) =>
  violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');

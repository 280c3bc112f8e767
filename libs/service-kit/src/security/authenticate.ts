import { timingSafeEqual } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { UbtError } from '@ubt/errors';
import type { AccessPolicy, Caller, KnownToken } from './access-policy.js';
import { certificateNames } from './certificate-names.js';
import { SHORTEST_TOKEN, tokenDigest } from './tokens.js';

/** What a caller shows. */
export interface Credentials {
  /** Value of the `authorization` metadata. */
  readonly authorization?: string;
  /** Certificate of the connection, checked against the authorities by TLS. */
  readonly certificate?: PeerCertificate;
}

/** Who may call when no access file says so: whoever TLS let in, anything. */
export function callerOfCertificate(certificate: PeerCertificate | undefined): Caller {
  const name = certificate === undefined ? undefined : certificateNames(certificate)[0];
  return { name: name ?? 'anybody', may: () => true };
}

/**
 * Finds the caller of a call. A token that is shown decides, also when it is wrong; else the certificate does.
 *
 * @throws UbtError `unauthenticated`: CREDENTIALS_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, CERTIFICATE_UNKNOWN
 */
export function authenticate(
  policy: AccessPolicy,
  { authorization, certificate }: Credentials,
  now: Date,
): Caller {
  if (authorization !== undefined) return callerOfToken(policy.tokens, authorization, now);
  if (certificate === undefined) {
    throw refused('CREDENTIALS_MISSING', 'The call carries neither a token nor a client certificate.');
  }
  const names = certificateNames(certificate);
  for (const name of names) {
    const caller = policy.certificates.get(name);
    if (caller !== undefined) return caller;
  }
  throw refused(
    'CERTIFICATE_UNKNOWN',
    `No caller has a certificate with ${names.length === 0 ? 'no name' : names.join(' or ')}.`,
    'Enter one of these names under "certificates" of a caller in the access file.',
  );
}

/** @throws UbtError `unauthenticated` CERTIFICATE_EXPIRED: connections outlive what they were opened with */
export function checkStillValid(certificate: PeerCertificate, now: Date): void {
  if (new Date(certificate.valid_to) > now) return;
  throw refused(
    'CERTIFICATE_EXPIRED',
    `The certificate of this connection expired on ${certificate.valid_to}.`,
    'Connect anew, with a certificate that counts.',
  );
}

/** @throws UbtError `permission-denied` METHOD_NOT_ALLOWED */
export function checkAllowed(caller: Caller, method: string): void {
  if (caller.may(method)) return;
  throw new UbtError('permission-denied', `${caller.name} may not call ${method}.`, {
    code: 'METHOD_NOT_ALLOWED',
    fix: 'Give the caller a role that covers the method, in the access file (UBT_AUTH_FILE).',
  });
}

function callerOfToken(tokens: readonly KnownToken[], authorization: string, now: Date): Caller {
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
  if (token.length < SHORTEST_TOKEN) {
    throw refused(
      'TOKEN_INVALID',
      `The authorization is no bearer token of ${SHORTEST_TOKEN} or more characters.`,
    );
  }
  const known = findToken(tokens, token);
  if (known === undefined) throw refused('TOKEN_INVALID', 'Nobody has this token.');
  if (known.expires !== undefined && known.expires <= now) {
    throw refused(
      'TOKEN_EXPIRED',
      `The token of ${known.caller.name} expired on ${known.expires.toISOString()}.`,
    );
  }
  return known.caller;
}

/** Compares with every known token, so that the time tells neither how much fits nor which one does. */
function findToken(tokens: readonly KnownToken[], token: string): KnownToken | undefined {
  const digest = tokenDigest(token);
  return tokens.reduce<KnownToken | undefined>(
    (found, known) => (timingSafeEqual(known.sha256, digest) ? known : found),
    undefined,
  );
}

function refused(
  code: string,
  message: string,
  fix = 'Send "authorization: Bearer <token>" with a token that "ubt token" made for this service.',
): UbtError {
  return new UbtError('unauthenticated', message, { code, fix });
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { UbtError } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';
import { watchFiles, type Watched } from './watch-files.js';

/** Paths of PEM files. */
export interface CertificatePaths {
  /** Own certificate, intermediate ones behind it. */
  readonly cert?: string;
  readonly key?: string;
  /** Authorities whose certificates the other side may present. */
  readonly ca?: string;
}

/** What TLS works with, as PEM. */
export interface Certificates {
  readonly identity?: { readonly cert: Buffer; readonly key: Buffer };
  readonly ca?: Buffer;
}

const SOON_MS = 24 * 3600 * 1000;

/**
 * Reads certificates and follows their files: renewed ones count for new connections.
 *
 * @throws UbtError `invalid-argument` TLS_FILES_INVALID, or that a file cannot be read
 */
export function watchCertificates(
  paths: CertificatePaths,
  { intervalMs, logger }: { readonly intervalMs: number; readonly logger: Logger },
): Promise<Watched<Certificates>> {
  const { cert, key, ca } = paths;
  const identity = cert === undefined || key === undefined ? [] : [cert, key];
  return watchFiles({
    what: 'the certificates',
    paths: [...identity, ...(ca === undefined ? [] : [ca])],
    parse: (files) => {
      const own = identity.length === 0 ? undefined : { cert: files[0]!, key: files[1]! };
      const authorities = ca === undefined ? undefined : files.at(-1)!;
      return checked(paths, own, authorities, logger);
    },
    ...{ intervalMs, logger },
  });
}

function checked(
  paths: CertificatePaths,
  identity: Certificates['identity'],
  ca: Buffer | undefined,
  logger: Logger,
): Certificates {
  if (identity !== undefined) {
    const certificate = parse(paths.cert!, () => new X509Certificate(identity.cert));
    const key = parse(paths.key!, () => createPrivateKey(identity.key));
    if (!certificate.checkPrivateKey(key)) throw invalid(paths.key!, 'it does not belong to the certificate');
    tellExpiry(certificate, paths.cert!, logger);
  }
  if (ca !== undefined) parse(paths.ca!, () => new X509Certificate(ca));
  // What OpenSSL refuses beyond the first certificate of a file, it says here and not at the first connection.
  parse(Object.values(paths).join(', '), () => createSecureContext({ ...identity, ...(ca && { ca }) }));
  return { ...(identity && { identity }), ...(ca && { ca }) };
}

function parse<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    // OpenSSL's words may quote what it read; its code never does.
    const { code } = cause as NodeJS.ErrnoException;
    throw invalid(path, `OpenSSL says ${code ?? 'that it is no PEM'}`, cause);
  }
}

function tellExpiry(certificate: X509Certificate, path: string, logger: Logger): void {
  const expires = new Date(certificate.validTo);
  const fields = { path, subject: certificate.subject, expires: expires.toISOString() };
  if (expires.getTime() - Date.now() > SOON_MS) logger.debug(fields, 'certificate read');
  else logger.warn(fields, 'the certificate has expired, or will within a day');
}

function invalid(path: string, reason: string, cause?: unknown): UbtError {
  return new UbtError('invalid-argument', `${path} cannot be used for TLS: ${reason}.`, {
    code: 'TLS_FILES_INVALID',
    fix: 'Give PEM files: a certificate, its unencrypted private key, and the certificates of authorities.',
    ...(cause === undefined ? {} : { cause }),
  });
}

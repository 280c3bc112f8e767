import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import forge from 'node-forge';

/** What a certificate says. */
export interface CertificateNames {
  readonly commonName?: string;
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  readonly ips?: readonly string[];
  /** End of its validity; in an hour unless told. */
  readonly notAfter?: Date;
  /** A key of its own instead of the one that the authority's certificates share, because making one takes time. */
  readonly ownKey?: boolean;
}

/** A certificate with its key, as PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority that lives as long as the test. */
export interface CertificateAuthority {
  readonly cert: string;
  issue(names: CertificateNames): IssuedCertificate;
}

const HOUR_MS = 3_600_000;

/** Makes a certificate authority for a test; its certificates serve servers and clients alike. */
export function certificateAuthority(commonName = 'UBT test authority'): CertificateAuthority {
  const authority = keyPair();
  const issuer = [{ name: 'commonName', value: commonName }];
  let shared: KeyPair | undefined;
  const own = draft(authority, issuer, new Date(Date.now() + HOUR_MS));
  own.setIssuer(issuer);
  own.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'keyUsage', keyCertSign: true },
  ]);
  own.sign(authority.privateKey, forge.md.sha256.create());
  return {
    cert: forge.pki.certificateToPem(own),
    issue: ({ commonName: name, notAfter, ownKey, ...names }) => {
      const keys = ownKey === true ? keyPair() : (shared ??= keyPair());
      const subject = name === undefined ? [] : [{ name: 'commonName', value: name }];
      const certificate = draft(keys, subject, notAfter ?? new Date(Date.now() + HOUR_MS));
      certificate.setIssuer(issuer);
      certificate.setExtensions([
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: alternativeNames(names) },
      ]);
      certificate.sign(authority.privateKey, forge.md.sha256.create());
      return { cert: forge.pki.certificateToPem(certificate), key: keys.pem };
    },
  };
}

/** Writes a certificate and its key to `<name>.crt` and `<name>.key`, and gives the paths. */
export async function writeCertificate(folder: string, name: string, { cert, key }: IssuedCertificate) {
  const paths = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  await Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, key, { mode: 0o600 })]);
  return paths;
}

interface KeyPair {
  readonly publicKey: forge.pki.rsa.PublicKey;
  readonly privateKey: forge.pki.rsa.PrivateKey;
  readonly pem: string;
}

/** Node.js finds the primes far faster than JavaScript does. */
function keyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    pem: privateKey,
  };
}

function draft(
  { publicKey }: KeyPair,
  subject: forge.pki.CertificateField[],
  notAfter: Date,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // A first byte of 1 keeps the number positive and its DER minimal: OpenSSL refuses padding.
  certificate.serialNumber = `01${randomBytes(12).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - 2 * HOUR_MS);
  certificate.validity.notAfter = notAfter;
  certificate.setSubject(subject);
  return certificate;
}

/** By RFC 5280's numbers: 2 is a host name, 6 a URI, 7 an IP address. */
function alternativeNames({ dns = [], uris = [], ips = [] }: Pick<CertificateNames, 'dns' | 'uris' | 'ips'>) {
  return [
    ...dns.map((value) => ({ type: 2, value })),
    ...uris.map((value) => ({ type: 6, value })),
    ...ips.map((ip) => ({ type: 7, ip })),
  ];
}

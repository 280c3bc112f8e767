import type { experimental } from '@grpc/grpc-js';
import type { Certificates } from './certificates.js';
import type { Watched } from './watch-files.js';

type Provider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

/**
 * Certificates as grpc-js takes them. Its own file watcher hands on whatever it reads, and with a certificate
 * whose key is not there yet the server refuses everybody; here only what was checked is handed on.
 */
export function certificateProvider(certificates: Watched<Certificates>, roots?: Buffer): Provider {
  const onCa = new Set<CaListener>();
  const onIdentity = new Set<IdentityListener>();
  const caUpdate = ({ ca = roots }: Certificates) => (ca === undefined ? null : { caCertificate: ca });
  const identityUpdate = ({ identity }: Certificates) =>
    identity === undefined ? null : { certificate: identity.cert, privateKey: identity.key };
  certificates.onChange((renewed) => {
    for (const listener of onIdentity) listener(identityUpdate(renewed));
    for (const listener of onCa) listener(caUpdate(renewed));
  });
  return {
    addCaCertificateListener: (listener) => {
      onCa.add(listener);
      process.nextTick(listener, caUpdate(certificates.current()));
    },
    removeCaCertificateListener: (listener) => void onCa.delete(listener),
    addIdentityCertificateListener: (listener) => {
      onIdentity.add(listener);
      process.nextTick(listener, identityUpdate(certificates.current()));
    },
    removeIdentityCertificateListener: (listener) => void onIdentity.delete(listener),
  };
}

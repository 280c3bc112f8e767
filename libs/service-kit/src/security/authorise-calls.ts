import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { PeerCertificate } from 'node:tls';
import { noteCaller } from '../grpc/call-facts.js';
import { toServiceError } from '../grpc/service-error.js';
import type { AccessPolicy, Caller } from './access-policy.js';
import { authenticate, callerOfCertificate, checkAllowed, checkStillValid } from './authenticate.js';

/** Probes ask for health without showing who they are; it says no more than a closed port does. */
const FREE = /^grpc\.health\.v1\.Health\//;
/** The contract is public: who may call anything may read it. */
const FOR_ANY_CALLER = /^grpc\.reflection\./;

/**
 * Lets a call through to its handler only when its caller is known and has a role that covers the method. It
 * stands behind the telemetry, which counts and logs what is refused.
 *
 * @param policy the newest access policy; undefined when there is none, and TLS alone decides who gets in
 */
export function authoriseCalls(policy: () => AccessPolicy | undefined): ServerInterceptor {
  return ({ path }, call) => {
    const method = path.slice(1);
    if (FREE.test(method)) return new ServerInterceptingCall(call);
    let refused = false;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, forward) => {
            try {
              const caller = callerOf(policy(), metadata, call.getAuthContext().sslPeerCertificate);
              noteCaller(caller.name);
              if (!FOR_ANY_CALLER.test(method)) checkAllowed(caller, method);
            } catch (thrown) {
              refused = true;
              const { code, details, metadata: trailer } = toServiceError(thrown);
              call.sendStatus({ code, details, metadata: trailer });
              return;
            }
            // Handlers have no use for it, and what they do not have they cannot leak.
            metadata.remove('authorization');
            forward(metadata);
          },
          onReceiveMessage: (message, forward) => {
            if (!refused) forward(message);
          },
          onReceiveHalfClose: (forward) => {
            if (!refused) forward();
          },
        }),
    });
  };
}

function callerOf(
  policy: AccessPolicy | undefined,
  metadata: Metadata,
  certificate: PeerCertificate | undefined,
): Caller {
  const now = new Date();
  if (certificate !== undefined) checkStillValid(certificate, now);
  if (policy === undefined) return callerOfCertificate(certificate);
  const [authorization] = metadata.get('authorization');
  return authenticate(
    policy,
    {
      ...(authorization === undefined ? {} : { authorization: authorization.toString() }),
      ...(certificate === undefined ? {} : { certificate }),
    },
    now,
  );
}

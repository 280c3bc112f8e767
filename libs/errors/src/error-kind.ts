/**
 * Every way an operation can fail, and what follows from it. This is the only table that maps a kind to
 * the outside world: `grpc` is the canonical gRPC status code (google.rpc.Code), `broker` is what a stage
 * answers to the event it was working on: `retry` asks for a later redelivery, `dead-letter` gives it up at
 * once, because the same input can only fail the same way.
 */
export const ERROR_KINDS = {
  cancelled: { grpc: 1, broker: 'dead-letter' },
  'invalid-argument': { grpc: 3, broker: 'dead-letter' },
  'deadline-exceeded': { grpc: 4, broker: 'retry' },
  'not-found': { grpc: 5, broker: 'dead-letter' },
  'already-exists': { grpc: 6, broker: 'dead-letter' },
  'permission-denied': { grpc: 7, broker: 'dead-letter' },
  'resource-exhausted': { grpc: 8, broker: 'retry' },
  'failed-precondition': { grpc: 9, broker: 'dead-letter' },
  aborted: { grpc: 10, broker: 'retry' },
  'out-of-range': { grpc: 11, broker: 'dead-letter' },
  unimplemented: { grpc: 12, broker: 'dead-letter' },
  internal: { grpc: 13, broker: 'retry' },
  unavailable: { grpc: 14, broker: 'retry' },
  'data-loss': { grpc: 15, broker: 'dead-letter' },
  unauthenticated: { grpc: 16, broker: 'dead-letter' },
} as const satisfies Record<string, { grpc: number; broker: 'retry' | 'dead-letter' }>;

/** The kind of a failure; see {@link ERROR_KINDS}. */
export type ErrorKind = keyof typeof ERROR_KINDS;

/** The kind that a canonical gRPC status code stands for; unknown codes are `internal`. */
export function kindOfGrpcCode(code: number): ErrorKind {
  for (const [kind, { grpc }] of Object.entries(ERROR_KINDS)) {
    if (grpc === code) return kind as ErrorKind;
  }
  return 'internal';
}

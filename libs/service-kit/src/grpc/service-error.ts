import { Metadata, status as Status, type ServiceError } from '@grpc/grpc-js';
import {
  BadRequest,
  ErrorInfo,
  packAny,
  RetryInfo,
  Status as RpcStatus,
  unpackAny,
  type Any,
} from '@ubt/contracts';
import { ERROR_KINDS, kindOfGrpcCode, UbtError } from '@ubt/errors';

const DETAILS_KEY = 'grpc-status-details-bin';
const DOMAIN = 'ubt.dev';
/** Trailers above 8 KiB are refused by common proxies and by gRPC in Go and Java. */
const MAX_DETAILS_BYTES = 6_000;
const MAX_TEXT = 1_500;

/** An error as gRPC sends it: canonical code, message, and google.rpc details in the trailer. */
export function toServiceError(thrown: unknown): ServiceError {
  const error = UbtError.from(thrown);
  const code = ERROR_KINDS[error.kind].grpc;
  const message = shorten(error.message);
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, encodeDetails(code, message, error));
  return Object.assign(new Error(message), { name: 'ServiceError', code, details: message, metadata });
}

/**
 * The error that came over the wire. Without UBT's details (a proxy, another server, the gRPC library
 * itself) the code is `GRPC_` and the status name, such as GRPC_UNAVAILABLE.
 *
 * @param peer who was called, for the message and the fix
 */
export function fromServiceError(error: ServiceError, peer: string): UbtError {
  const kind = kindOfGrpcCode(error.code);
  const details = decodeDetails(error.metadata);
  const info = detail('google.rpc.ErrorInfo', ErrorInfo, details);
  if (info === undefined) {
    return new UbtError(kind, `${peer} answered ${statusName(error.code)}: ${error.details}`, {
      code: `GRPC_${statusName(error.code)}`,
      fix: FIXES[error.code] ?? `Look into the log of ${peer}.`,
      cause: error,
    });
  }
  const badRequest = detail('google.rpc.BadRequest', BadRequest, details);
  const delay = detail('google.rpc.RetryInfo', RetryInfo, details)?.retryDelay;
  return new UbtError(kind, error.details, {
    code: info.reason,
    ...(info.metadata.fix === undefined ? {} : { fix: info.metadata.fix }),
    violations: (badRequest?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      reason: description,
    })),
    ...(delay === undefined ? {} : { retryAfterMs: Number(delay.seconds) * 1_000 + delay.nanos / 1e6 }),
    cause: error,
  });
}

/** Name of a canonical status code: 14 is UNAVAILABLE. */
export function statusName(code: number): string {
  return Status[code] ?? `CODE_${code}`;
}

const FIXES: Partial<Record<Status, string>> = {
  [Status.UNAVAILABLE]:
    'Check that the service runs at this address, that the network lets you through, and that both sides use TLS, with authorities and certificates the other one accepts, or neither does.',
  [Status.DEADLINE_EXCEEDED]: 'Allow the call more time, or find out what keeps the service busy.',
  [Status.UNIMPLEMENTED]: 'Check that the address is the right service, in the right version.',
  [Status.RESOURCE_EXHAUSTED]: 'Send a smaller message, or raise the message limit on both sides.',
};

function encodeDetails(code: number, message: string, error: UbtError): Buffer {
  const fixed = [
    errorInfo(error),
    ...(error.retryAfterMs === undefined ? [] : [retryInfo(error.retryAfterMs)]),
  ];
  // Halve the list of violations until it fits: the first ones help most.
  for (let kept = Math.min(error.violations.length, 64); ; kept = Math.floor(kept / 2)) {
    const details = kept === 0 ? fixed : [...fixed, badRequest(error, kept)];
    const bytes = Buffer.from(RpcStatus.encode({ code, message, details }).finish());
    if (bytes.length <= MAX_DETAILS_BYTES || kept === 0) return bytes;
  }
}

function errorInfo(error: UbtError): Any {
  const metadata: Record<string, string> = error.fix === undefined ? {} : { fix: shorten(error.fix) };
  return packAny('google.rpc.ErrorInfo', ErrorInfo, { reason: error.code, domain: DOMAIN, metadata });
}

function retryInfo(milliseconds: number): Any {
  const seconds = Math.floor(milliseconds / 1_000);
  const nanos = Math.round((milliseconds - seconds * 1_000) * 1e6);
  return packAny('google.rpc.RetryInfo', RetryInfo, { retryDelay: { seconds: BigInt(seconds), nanos } });
}

function badRequest(error: UbtError, kept: number): Any {
  const fieldViolations = error.violations
    .slice(0, kept)
    .map(({ field, reason }) => ({ field: shorten(field), description: shorten(reason) }));
  return packAny('google.rpc.BadRequest', BadRequest, { fieldViolations });
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}

function decodeDetails(metadata: Metadata | undefined): readonly Any[] {
  const [bytes] = metadata?.get(DETAILS_KEY) ?? [];
  if (!(bytes instanceof Uint8Array)) return [];
  try {
    return RpcStatus.decode(bytes).details;
  } catch {
    // A trailer that is not ours to understand: the status code still stands.
    return [];
  }
}

function detail<T>(
  name: string,
  type: Parameters<typeof unpackAny<T>>[1],
  details: readonly Any[],
): T | undefined {
  try {
    return details.map((any) => unpackAny(name, type, any)).find((message) => message !== undefined);
  } catch {
    return undefined;
  }
}

import { ERROR_KINDS, type ErrorKind } from './error-kind.js';

/** One input field that was refused, and why. */
export interface FieldViolation {
  /** Path of the field, in the contract's names: `options.overfit_steps`, or a file: `pairs.csv:17`. */
  readonly field: string;
  readonly reason: string;
}

/** What an {@link UbtError} carries beside its kind and message. */
export interface UbtErrorOptions {
  /** Stable, machine-readable reason in SCREAMING_SNAKE_CASE, such as `PAIRS_COLUMN_MISSING`. */
  readonly code: string;
  /** What the person can do about it, one sentence. */
  readonly fix?: string;
  readonly violations?: readonly FieldViolation[];
  /** How long to wait before a retry can succeed, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The plain-data form of an {@link UbtError}: crosses process borders and is stored in job records. */
export interface SerializedError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly violations?: readonly FieldViolation[];
  readonly retryAfterMs?: number;
}

/**
 * The one error type of the project. Callers decide by `kind` (how to answer) and `code` (which failure it
 * is); the message, which says what failed, where and why, is for people and is never matched on.
 */
export class UbtError extends Error {
  override readonly name = 'UbtError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly fix: string | undefined;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, message: string, options: UbtErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = options.code;
    this.fix = options.fix;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same input may succeed later. */
  get retryable(): boolean {
    return ERROR_KINDS[this.kind].broker === 'retry';
  }

  toJSON(): SerializedError {
    return {
      kind: this.kind,
      code: this.code,
      message: this.message,
      ...(this.fix === undefined ? {} : { fix: this.fix }),
      ...(this.violations.length === 0 ? {} : { violations: this.violations }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }

  static fromJSON(error: SerializedError): UbtError {
    return new UbtError(error.kind, error.message, error);
  }

  /**
   * Any thrown value as an {@link UbtError}. Node's system errors get the kind that fits (a full disk is
   * `resource-exhausted`, a missing file `not-found`); everything unknown is `internal`.
   */
  static from(thrown: unknown): UbtError {
    if (thrown instanceof UbtError) return thrown;
    if (!(thrown instanceof Error)) {
      return new UbtError('internal', `Unexpected failure: ${String(thrown)}`, {
        code: 'UNEXPECTED',
        cause: thrown,
      });
    }
    const known = SYSTEM_ERRORS[(thrown as NodeJS.ErrnoException).code ?? ''] ?? SYSTEM_ERRORS[thrown.name];
    if (known !== undefined) {
      return new UbtError(known.kind, thrown.message, { code: known.code, fix: known.fix, cause: thrown });
    }
    return new UbtError('internal', thrown.message, { code: 'UNEXPECTED', cause: thrown });
  }
}

const SYSTEM_ERRORS: Record<string, { kind: ErrorKind; code: string; fix: string }> = {
  ENOENT: { kind: 'not-found', code: 'FILE_NOT_FOUND', fix: 'Check the path.' },
  ENOTDIR: { kind: 'not-found', code: 'FILE_NOT_FOUND', fix: 'Check the path.' },
  EISDIR: { kind: 'invalid-argument', code: 'NOT_A_FILE', fix: 'Give the path of a file, not of a folder.' },
  EACCES: {
    kind: 'permission-denied',
    code: 'FILE_ACCESS_DENIED',
    fix: 'Grant this user access to the path.',
  },
  EPERM: {
    kind: 'permission-denied',
    code: 'FILE_ACCESS_DENIED',
    fix: 'Grant this user access to the path.',
  },
  EROFS: { kind: 'permission-denied', code: 'FILE_SYSTEM_READ_ONLY', fix: 'Write to a writable volume.' },
  ENOSPC: {
    kind: 'resource-exhausted',
    code: 'DISK_FULL',
    fix: 'Free some space on the volume, then try again.',
  },
  EDQUOT: { kind: 'resource-exhausted', code: 'DISK_FULL', fix: 'Raise the quota, then try again.' },
  EMFILE: { kind: 'resource-exhausted', code: 'TOO_MANY_OPEN_FILES', fix: 'Raise the limit of open files.' },
  EADDRINUSE: {
    kind: 'failed-precondition',
    code: 'PORT_IN_USE',
    fix: 'Stop the other process or choose another port.',
  },
  ECONNREFUSED: {
    kind: 'unavailable',
    code: 'CONNECTION_REFUSED',
    fix: 'Check that the peer runs at this address.',
  },
  ECONNRESET: { kind: 'unavailable', code: 'CONNECTION_RESET', fix: 'Try again.' },
  ETIMEDOUT: { kind: 'unavailable', code: 'CONNECTION_TIMED_OUT', fix: 'Check the network between the two.' },
  AbortError: { kind: 'cancelled', code: 'CANCELLED', fix: 'Start it again if this was not intended.' },
  TimeoutError: {
    kind: 'deadline-exceeded',
    code: 'TIMED_OUT',
    fix: 'Allow more time, or give it less work.',
  },
};

import { ERROR_KINDS, type ErrorKind } from '@ubt/errors';
import { z } from 'zod';

const kinds = Object.keys(ERROR_KINDS) as [ErrorKind, ...ErrorKind[]];

/** A `SerializedError`. */
export const errorSchema = z.object({
  kind: z.enum(kinds),
  code: z.string(),
  message: z.string(),
  fix: z.string().exactOptional(),
  violations: z
    .array(z.object({ field: z.string(), reason: z.string() }))
    .readonly()
    .exactOptional(),
  retryAfterMs: z.number().exactOptional(),
});

/** A `TraceCarrier`. */
export const carrierSchema = z.object({
  traceparent: z.string().exactOptional(),
  tracestate: z.string().exactOptional(),
});

/** Bytes as they cross a process border. */
export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected bytes');

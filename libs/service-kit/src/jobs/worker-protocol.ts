import { z } from 'zod';
import type { SpanJson } from '../telemetry/span-json.js';
import { bytesSchema, carrierSchema, errorSchema } from './message-schemas.js';

const packed = z.object({ typeUrl: z.string(), value: bytesSchema });

const start = z.object({
  type: z.literal('start'),
  job: z.string(),
  stage: z.string(),
  runId: z.string(),
  attempt: z.int().min(1),
  workDir: z.string(),
  request: packed,
  trace: carrierSchema,
  /** Whether the worker's spans are wanted. */
  recording: z.boolean(),
  logLevel: z.string(),
});

/** From the service to its worker process. */
export const toWorkerMessage = z.discriminatedUnion('type', [
  start,
  z.object({ type: z.literal('cancel'), reason: errorSchema }),
]);
export type ToWorkerMessage = z.infer<typeof toWorkerMessage>;
export type StartMessage = z.infer<typeof start>;

/** Most scores that one job reports for the histogram. */
export const MAX_SCORES = 1_000;

const progress = z.object({
  phase: z.string(),
  done: z.number().min(0),
  total: z.number().min(0).exactOptional(),
  unit: z.string().exactOptional(),
});

/** From a worker process to its service. */
export const fromWorkerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), report: progress }),
  /** A checkpoint is safely on disk: work up to here survives this process. */
  z.object({ type: z.literal('checkpoint'), note: z.string() }),
  /** Suspicion scores for the histogram, an even sample of those there are. */
  z.object({
    type: z.literal('scores'),
    method: z.string(),
    scores: z.array(z.number()).max(MAX_SCORES),
  }),
  /** One line of the worker's log, in pino's JSON. */
  z.object({ type: z.literal('log'), line: z.string() }),
  z.object({
    type: z.literal('spans'),
    spans: z.array(z.custom<SpanJson>((span) => typeof span === 'object' && span !== null)),
  }),
  z.object({ type: z.literal('result'), result: packed }),
  z.object({ type: z.literal('error'), error: errorSchema }),
]);
export type FromWorkerMessage = z.infer<typeof fromWorkerMessage>;

import type { SerializedError } from '@ubt/errors';
import { z } from 'zod';
import type { TraceCarrier } from '../telemetry/trace-context.js';
import { carrierSchema, errorSchema } from './message-schemas.js';

/** Where a job stands; the last three are final. */
export const JOB_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** An encoded protobuf message with its type, as in `google.protobuf.Any`. */
export interface PackedMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** How far a job is. `total` and `etaSeconds` are 0 when unknown; `rate` is units per second. */
export interface JobProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly rate: number;
  readonly etaSeconds: number;
}

/** The stored record of a job. Times are ISO 8601 in UTC. */
export interface JobRecord {
  /** jobs/{id} */
  readonly name: string;
  readonly stage: string;
  readonly state: JobState;
  /** Empty when the job belongs to no run. */
  readonly runId: string;
  readonly requestId: string;
  /** SHA-256 of the request, in hex: tells the same request from another one under the same id. */
  readonly requestDigest: string;
  readonly request: PackedMessage;
  readonly result?: PackedMessage;
  readonly error?: SerializedError;
  readonly progress?: JobProgress;
  /** Workers started so far. */
  readonly attempt: number;
  /** How many of them ended because the service stopped, which is not the job's fault. */
  readonly interruptions: number;
  readonly createTime: string;
  readonly startTime?: string;
  readonly endTime?: string;
  /** Number of the latest change, rising. */
  readonly sequence: number;
  /** Somebody asked for the end of the job. */
  readonly cancelRequested: boolean;
  /** The end of the job has been announced. */
  readonly announced: boolean;
  /** The trace of the call that made the job. */
  readonly trace: TraceCarrier;
}

/** Whether a job has ended. */
export function isFinal({ state }: Pick<JobRecord, 'state'>): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

const packedJson = z.object({
  typeUrl: z.string(),
  value: z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')),
});
const progressJson = z.object({
  phase: z.string(),
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  rate: z.number(),
  etaSeconds: z.number(),
});
const recordJson = z.object({
  name: z.string().regex(/^jobs\/[a-z0-9-]+$/),
  stage: z.string(),
  state: z.enum(JOB_STATES),
  runId: z.string(),
  requestId: z.string(),
  requestDigest: z.string(),
  request: packedJson,
  result: packedJson.exactOptional(),
  error: errorSchema.exactOptional(),
  progress: progressJson.exactOptional(),
  attempt: z.int().min(0),
  interruptions: z.int().min(0),
  createTime: z.string(),
  startTime: z.string().exactOptional(),
  endTime: z.string().exactOptional(),
  sequence: z.int().min(1),
  cancelRequested: z.boolean(),
  announced: z.boolean(),
  trace: carrierSchema,
});

/** A record as text; bytes are base64. */
export function encodeJobRecord(record: JobRecord): string {
  const packed = ({ typeUrl, value }: PackedMessage) => ({
    typeUrl,
    value: Buffer.from(value).toString('base64'),
  });
  return JSON.stringify({
    ...record,
    request: packed(record.request),
    ...(record.result === undefined ? {} : { result: packed(record.result) }),
  });
}

/**
 * A record from its text.
 *
 * @throws SyntaxError or ZodError when the text is not one
 */
export function decodeJobRecord(text: string): JobRecord {
  return recordJson.parse(JSON.parse(text));
}

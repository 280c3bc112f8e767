import { z } from 'zod';

const unixNano = z.string().regex(/^\d{1,20}$/);

/** One span of the run's trace, as the telemetry file exporter writes it: one JSON object per line. */
export const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string().min(1),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.union([z.string(), z.number()]).optional(),
  /** Nanoseconds since the epoch, decimal. */
  startTimeUnixNano: unixNano,
  /** Nanoseconds since the epoch, decimal. */
  endTimeUnixNano: unixNano,
  /** `error`, `ERROR` or code 2 marks a failed span. */
  status: z
    .union([
      z.string(),
      z.object({ code: z.union([z.string(), z.number()]).optional(), message: z.string().optional() }),
    ])
    .optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** Name of the service that made it. */
  service: z.string().optional(),
});

/** One span of the run's trace. */
export type Span = z.infer<typeof spanSchema>;

/**
 * Reads the span file of a run. Lines that are not spans are left out rather than refused: a worker that was
 * killed leaves half a line, and a report without one bar is better than none.
 */
export function parseSpans(jsonLines: string): Span[] {
  return jsonLines.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      const parsed = spanSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

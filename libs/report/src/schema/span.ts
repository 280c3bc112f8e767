import { z } from 'zod';

const unixNano = z.string().regex(/^\d{1,20}$/);

/** One line of the spans file that the telemetry writes, reduced to what the waterfall needs. */
export const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string().min(1),
  parentSpanId: z.string().optional(),
  name: z.string(),
  /** Nanoseconds since the epoch, decimal. */
  startTimeUnixNano: unixNano,
  /** Nanoseconds since the epoch, decimal. */
  endTimeUnixNano: unixNano,
  /** OpenTelemetry status: code 2 marks a failed span. */
  status: z.object({ code: z.number(), message: z.string().optional() }).optional(),
  /** What made the span; `service.name` is the name of its service. */
  resource: z.record(z.string(), z.unknown()).optional(),
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

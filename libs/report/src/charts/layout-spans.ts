import type { Span } from '../schema/span.js';

/** One bar of the waterfall. */
export interface WaterfallRow {
  readonly name: string;
  readonly service: string;
  /** Number of drawn ancestors. */
  readonly depth: number;
  /** Start and length as shares of the whole trace, in [0, 1]. */
  readonly start: number;
  readonly length: number;
  readonly seconds: number;
  readonly failed: boolean;
}

/** The waterfall of a trace. */
export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  /** Length of the whole trace. */
  readonly seconds: number;
  /** Spans that were too many to draw; the drawn ones are the longest. */
  readonly leftOut: number;
}

interface TimedSpan {
  readonly span: Span;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Bars for the longest spans of a trace, parents before children, siblings by start.
 *
 * @param limit most bars to draw
 */
export function layoutSpans(spans: readonly Span[], limit = 60): Waterfall {
  const all = spans.map(timed);
  const kept = all.toSorted((a, b) => Number(b.end - b.start - (a.end - a.start))).slice(0, limit);
  const from = all.reduce((least, { start }) => (start < least ? start : least), all[0]?.start ?? 0n);
  const to = all.reduce((most, { end }) => (end > most ? end : most), from);
  const whole = Math.max(1, Number(to - from));
  const rows = inTreeOrder(kept, all).map(({ span, start, end, depth }) => ({
    name: span.name,
    service: serviceOf(span),
    depth,
    start: Number(start - from) / whole,
    length: Number(end - start) / whole,
    seconds: Number(end - start) / 1e9,
    failed: hasFailed(span),
  }));
  return { rows, seconds: Number(to - from) / 1e9, leftOut: all.length - rows.length };
}

function timed(span: Span): TimedSpan {
  const start = BigInt(span.startTimeUnixNano);
  const end = BigInt(span.endTimeUnixNano);
  // Clocks of two processes can differ by a little: a span never has a negative length.
  return { span, start, end: end < start ? start : end };
}

/** Depth first. A span whose parent is not drawn hangs below its nearest drawn ancestor. */
function inTreeOrder(
  kept: readonly TimedSpan[],
  all: readonly TimedSpan[],
): (TimedSpan & { depth: number })[] {
  const parents = new Map(all.map(({ span }) => [span.spanId, span.parentSpanId]));
  const drawn = new Set(kept.map(({ span }) => span.spanId));
  const children = new Map<string | undefined, TimedSpan[]>();
  for (const child of kept.toSorted((a, b) => Number(a.start - b.start))) {
    const parent = drawnAncestor(child.span.spanId, parents, drawn);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const visit = (parent: string | undefined, depth: number): (TimedSpan & { depth: number })[] =>
    (children.get(parent) ?? []).flatMap((child) => [
      { ...child, depth },
      ...visit(child.span.spanId, depth + 1),
    ]);
  return visit(undefined, 0);
}

function drawnAncestor(
  spanId: string,
  parents: ReadonlyMap<string, string | undefined>,
  drawn: ReadonlySet<string>,
): string | undefined {
  const seen = new Set([spanId]);
  for (let id = parents.get(spanId); id !== undefined; id = parents.get(id)) {
    // A damaged trace can name itself as its ancestor.
    if (seen.has(id)) return undefined;
    if (drawn.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}

/** Code 2 is ERROR in OpenTelemetry. */
function hasFailed({ status }: Span): boolean {
  return status?.code === 2;
}

function serviceOf({ resource }: Span): string {
  const name = resource?.['service.name'];
  return typeof name === 'string' ? name : '';
}

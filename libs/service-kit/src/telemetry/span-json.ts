import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/**
 * A finished span as plain data: one line of the spans file, and what a worker process hands to its parent.
 * Times are nanoseconds since the epoch, as decimal text because they do not fit a number.
 */
export interface SpanJson {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: SpanStatusCode; readonly message?: string };
  readonly attributes: Attributes;
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: Attributes;
  }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: Attributes;
  }[];
  readonly resource: Attributes;
  readonly scope: string;
}

/** The plain form of a finished span. */
export function spanToJson(span: ReadableSpan): SpanJson {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    traceFlags,
    ...(span.parentSpanContext === undefined ? {} : { parentSpanId: span.parentSpanContext.spanId }),
    startTimeUnixNano: toNanoseconds(span.startTime),
    endTimeUnixNano: toNanoseconds(span.endTime),
    status: { ...span.status },
    attributes: { ...span.attributes },
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: toNanoseconds(time),
      ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
    })),
    resource: { ...span.resource.attributes },
    scope: span.instrumentationScope.name,
  };
}

/** A span that exporters take, from its plain form. */
export function spanFromJson(json: SpanJson): ReadableSpan {
  const { traceId, traceFlags } = json;
  const contextOf = (spanId: string): SpanContext => ({ traceId, spanId, traceFlags });
  const startTime = toHrTime(json.startTimeUnixNano);
  const endTime = toHrTime(json.endTimeUnixNano);
  return {
    name: json.name,
    kind: json.kind,
    spanContext: () => contextOf(json.spanId),
    ...(json.parentSpanId === undefined ? {} : { parentSpanContext: contextOf(json.parentSpanId) }),
    startTime,
    endTime,
    duration: toHrTime(String(BigInt(json.endTimeUnixNano) - BigInt(json.startTimeUnixNano))),
    status: { ...json.status },
    attributes: json.attributes,
    events: json.events.map(({ timeUnixNano, ...event }) => ({ ...event, time: toHrTime(timeUnixNano) })),
    links: json.links.map(linkFromJson),
    ended: true,
    resource: resourceFromAttributes(json.resource),
    instrumentationScope: { name: json.scope },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function linkFromJson({ traceId, spanId, attributes }: SpanJson['links'][number]): Link {
  return {
    context: { traceId, spanId, traceFlags: 1 },
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function toNanoseconds([seconds, nanoseconds]: HrTime): string {
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
}

function toHrTime(nanoseconds: string): HrTime {
  const value = BigInt(nanoseconds);
  return [Number(value / 1_000_000_000n), Number(value % 1_000_000_000n)];
}

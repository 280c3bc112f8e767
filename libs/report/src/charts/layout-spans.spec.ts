import { describe, expect, it } from '@jest/globals';
import { spansFixture } from '../../test/read-fixture.js';
import type { Span } from '../schema/span.js';
import { layoutSpans } from './layout-spans.js';

const span = (spanId: string, parentSpanId: string | undefined, from: number, to: number): Span => ({
  traceId: 't',
  spanId,
  parentSpanId,
  name: spanId,
  startTimeUnixNano: String(1_795_356_187_000_000_000n + BigInt(from)),
  endTimeUnixNano: String(1_795_356_187_000_000_000n + BigInt(to)),
});

describe('layoutSpans', () => {
  it('puts children under parents, siblings by start, and scales to the whole trace', () => {
    const spans = [
      span('late', 'root', 60, 100),
      span('early', 'root', 20, 50),
      span('root', undefined, 0, 100),
    ];
    const { rows, seconds, leftOut } = layoutSpans(spans);
    expect(rows.map(({ name, depth, start, length }) => [name, depth, start, length])).toEqual([
      ['root', 0, 0, 1],
      ['early', 1, 0.2, 0.3],
      ['late', 1, 0.6, 0.4],
    ]);
    expect(seconds).toBeCloseTo(1e-7, 12);
    expect(leftOut).toBe(0);
  });

  it('draws the longest and hangs them below the nearest drawn ancestor', () => {
    const spans = [
      span('root', undefined, 0, 100),
      span('short', 'root', 10, 11),
      span('long', 'short', 10, 90),
    ];
    const { rows, leftOut } = layoutSpans(spans, 2);
    expect(rows.map(({ name, depth }) => [name, depth])).toEqual([
      ['root', 0],
      ['long', 1],
    ]);
    expect(leftOut).toBe(1);
  });

  it('survives a damaged trace: loops, unknown parents, clocks that disagree, no span', () => {
    const looped = layoutSpans([span('a', 'b', 0, 5), span('b', 'a', 1, 4), span('c', 'gone', 9, 2)]);
    expect(looped.rows.map(({ name, length }) => [name, length])).toEqual([['c', 0]]);
    expect(looped.leftOut).toBe(2);
    expect(layoutSpans([]).rows).toEqual([]);
  });

  it('marks failed spans', () => {
    const failed = layoutSpans(spansFixture()).rows.filter((row) => row.failed);
    expect(failed.map(({ name, service }) => [name, service])).toEqual([['worker', 'unlearner']]);
  });
});

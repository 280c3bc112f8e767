import { describe, expect, it } from '@jest/globals';
import { fixtureText, spansFixture } from '../../test/read-fixture.js';
import { parseSpans } from './span.js';

describe('parseSpans', () => {
  it('reads one span per line, with its service and status', () => {
    const lines = fixtureText('repaired.spans.jsonl').trim().split('\n');
    const spans = spansFixture();
    expect(spans).toHaveLength(lines.length);
    expect(spans.map((span) => span.resource?.['service.name'])).toContain('selector');
    for (const [i, line] of lines.entries()) expect(JSON.parse(line)).toMatchObject({ ...spans[i] });
  });

  it('leaves out half a line of a killed worker, and what is not a span', () => {
    const [whole = ''] = fixtureText('repaired.spans.jsonl').split('\n');
    const spans = parseSpans(`${whole.slice(0, 40)}\n\n${whole}\n{"name":"no times"}\nnull\n`);
    expect(spans.map(({ name }) => name)).toEqual(['ubt defend']);
  });
});

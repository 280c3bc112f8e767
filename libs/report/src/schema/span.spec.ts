import { describe, expect, it } from '@jest/globals';
import { fixtureText, spansFixture } from '../../test/read-fixture.js';
import { parseSpans } from './span.js';

describe('parseSpans', () => {
  it('reads one span per line', () => {
    const lines = fixtureText('repaired.spans.jsonl').trim().split('\n');
    expect(spansFixture()).toEqual(lines.map((line) => JSON.parse(line) as unknown));
  });

  it('leaves out half a line of a killed worker, and what is not a span', () => {
    const [whole = ''] = fixtureText('repaired.spans.jsonl').split('\n');
    const spans = parseSpans(`${whole.slice(0, 40)}\n\n${whole}\n{"name":"no times"}\nnull\n`);
    expect(spans.map(({ name }) => name)).toEqual(['ubt defend']);
  });
});

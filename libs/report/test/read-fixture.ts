import { readFileSync } from 'node:fs';
import { parseReport, parseSpans, type Report, type Span } from '../src/index.js';

/** Text of a file under fixtures/. */
export function fixtureText(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

/** `repaired`: poisoned, repaired, everything measured. `clean`: nothing found, no labelled set, no spans. */
export function reportFixture(name: 'repaired' | 'clean'): Report {
  return parseReport(fixtureText(`${name}.report.json`), name);
}

/** The trace of the `repaired` report. */
export function spansFixture(): Span[] {
  return parseSpans(fixtureText('repaired.spans.jsonl'));
}

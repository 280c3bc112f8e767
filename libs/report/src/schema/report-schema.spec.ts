import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { UbtError } from '@ubt/errors';
import { fixtureText, reportFixture } from '../../test/read-fixture.js';
import { parseReport } from './parse-report.js';
import { reportJsonSchema, reportSchema } from './report-schema.js';

/** The error that reading a changed copy of the repaired report gives. */
function refusal(change: (report: ReturnType<typeof reportFixture>) => void): UbtError {
  const report = structuredClone(reportFixture('repaired'));
  change(report);
  try {
    parseReport(JSON.stringify(report), 'report.json');
  } catch (error) {
    return error as UbtError;
  }
  throw new Error('the report was accepted');
}

describe('reportSchema', () => {
  it.each(['repaired', 'clean'] as const)('gives the %s report back as it was', (name) => {
    const text = fixtureText(`${name}.report.json`);
    const report = parseReport(text, name);
    expect(report).toEqual(JSON.parse(text));
    expect(parseReport(JSON.stringify(report), name)).toEqual(report);
  });

  it('ignores fields that a later version of the software added', () => {
    const report = reportFixture('clean');
    const later = { ...report, addedLater: { a: 1 } };
    expect(parseReport(JSON.stringify(later), 'report.json')).toEqual(report);
  });

  it('names the field that does not fit', () => {
    const error = refusal((report) => report.detection.scoreHistogram.suspects.pop());
    expect(error).toBeInstanceOf(UbtError);
    expect(error).toMatchObject({ kind: 'invalid-argument', code: 'REPORT_MALFORMED' });
    expect(error.violations.map(({ field }) => field)).toEqual(['detection.scoreHistogram.suspects']);
  });

  it.each<[string, (report: ReturnType<typeof reportFixture>) => void, string]>([
    [
      'edges that do not rise',
      (r) => (r.detection.scoreHistogram.edges[3] = -9),
      'detection.scoreHistogram.edges.3',
    ],
    [
      'a rate above 1',
      (r) => Object.assign(r.metrics ?? {}, { after: { cleanAccuracy: 62, images: 3 } }),
      'metrics.after.cleanAccuracy',
    ],
    ['a digest in upper case', (r) => (r.inputs.pairs.sha256 = 'AB'.repeat(32)), 'inputs.pairs.sha256'],
    [
      'a band upside down',
      (r) => Object.assign(r.unlearning?.band ?? {}, { low: 0.9 }),
      'unlearning.band.high',
    ],
    ['another schema version', (r) => Object.assign(r, { schemaVersion: 2 }), 'schemaVersion'],
  ])('refuses %s', (_, change, field) => {
    expect(refusal(change).violations.map((violation) => violation.field)).toEqual([field]);
  });

  it.each([
    'https://example.com/pixel.png',
    'data:image/svg+xml;base64,PHN2Zy8+',
    'data:text/html;base64,PGI+',
    'data:image/png;base64,AA" onerror="alert(1)',
    'javascript:alert(1)',
  ])('refuses the thumbnail %s', (thumbnail) => {
    const error = refusal((report) => Object.assign(report.selection.topSuspects[0] ?? {}, { thumbnail }));
    expect(error.violations.map(({ field }) => field)).toEqual(['selection.topSuspects.0.thumbnail']);
  });

  it('refuses numbers that are not finite before they are written', () => {
    const report = reportFixture('repaired');
    report.detection.threshold = Number.NaN;
    expect(reportSchema.safeParse(report).success).toBe(false);
  });

  it('says where text is not JSON', () => {
    expect(() => parseReport('{"schemaVersion":', 'out/report.json')).toThrow('out/report.json');
  });
});

describe('report.schema.json', () => {
  it('is what the schema gives; `npm run schema` writes it', () => {
    const committed = readFileSync(new URL('../../report.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
  });

  it('describes every field', () => {
    expect(undescribed(reportJsonSchema(), '')).toEqual([]);
  });
});

/** Paths of the properties that have no description. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, items } = schema as { properties?: Record<string, object>; items?: unknown };
  const fields = Object.entries(properties).flatMap(([name, field]) => [
    ...('description' in field ? [] : [`${path}.${name}`]),
    ...undescribed(field, `${path}.${name}`),
  ]);
  return [...fields, ...undescribed(items, `${path}[]`)];
}

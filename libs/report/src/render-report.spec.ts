import { describe, expect, it } from '@jest/globals';
import { parseHTML } from 'linkedom';
import { reportFixture, spansFixture } from '../test/read-fixture.js';
import { renderReport } from './render-report.js';
import type { Report } from './schema/report-schema.js';

const page = (report: Report, options?: Parameters<typeof renderReport>[1]) =>
  parseHTML(renderReport(report, options)).document;

const textOf = (element: { textContent: string | null } | null) =>
  (element?.textContent ?? '').replace(/\s+/g, ' ').trim();

const ATTACK = `"><script>alert(1)</script><img src=x onerror='alert(2)'><!--</style></bdi>\u202E`;

/** The repaired report with every string that is not checked by the schema replaced by an attack. */
function attacked(): Report {
  const report = reportFixture('repaired');
  report.reasons = [ATTACK];
  report.reproduce = ATTACK;
  report.runId = ATTACK;
  report.ubtVersion = ATTACK;
  report.inputs.model.uri = ATTACK;
  report.inputs.model.mediaType = ATTACK;
  report.detection.method = ATTACK;
  report.detection.parameters = { [ATTACK]: ATTACK };
  report.detection.skipped = [{ row: 1, id: ATTACK, reason: ATTACK }];
  report.selection.compromisedTokens = [{ token: ATTACK, suspectShare: 1, corpusShare: 0.1, enrichment: 10 }];
  report.selection.evidence = [
    { name: ATTACK, value: 1, threshold: 0, direction: 'above', points: 'backdoor', meaning: ATTACK },
  ];
  const pair = { row: 1, id: ATTACK, caption: ATTACK, score: 1, reason: ATTACK, thumbnail: ATTACK };
  report.selection.topSuspects = [pair];
  report.selection.unlearnSet = [{ ...pair, thumbnail: 'https://example.com/pixel.png' }];
  report.stages = [{ stage: ATTACK, seconds: 1, attempts: 1, jobName: ATTACK, device: ATTACK }];
  return report;
}

describe('renderReport', () => {
  it('shows every section of a repaired model', () => {
    const document = page(reportFixture('repaired'), { spans: spansFixture() });
    const ids = [...document.querySelectorAll('main > *')].map((element) => element.id);
    expect(ids).toEqual([
      'verdict',
      'before-after',
      'evidence',
      'detection',
      'suspects',
      'unlearn-set',
      'unlearning',
      'time',
      'provenance',
    ]);
    expect(textOf(document.querySelector('h1'))).toBe('Backdoor found and removed');
    expect(textOf(document.querySelector('#before-after'))).toContain('86.6 ± 2.0');
    expect(textOf(document.querySelector('#detection'))).toContain('AUROC 0.9985');
    expect(textOf(document.querySelector('#skipped'))).toContain('images/brick-07.png');
    expect(textOf(document.querySelector('#evidence'))).toContain('34.1×');
    expect(document.querySelectorAll('#suspects img')).toHaveLength(12);
    expect(document.querySelectorAll('#unlearn-set img')).toHaveLength(6);
    expect(document.querySelectorAll('.charts svg')).toHaveLength(4);
    expect(document.querySelectorAll('.waterfall .line')).toHaveLength(spansFixture().length + 1);
    expect(textOf(document.querySelector('#provenance'))).toContain('ubt defend \\');
  });

  it('says what was not measured instead of leaving it out', () => {
    const document = page(reportFixture('clean'));
    expect(textOf(document.querySelector('h1'))).toBe('No backdoor found');
    const cells = [...document.querySelectorAll('#before-after td')].map(textOf);
    expect(cells).toEqual([
      ...Array<string>(4).fill('not measured: no labelled set given'),
      'not measured: nothing was unlearned',
    ]);
    for (const absent of ['#unlearn-set', '#unlearning', '#skipped', '.waterfall']) {
      expect(document.querySelector(absent)).toBeNull();
    }
    expect(textOf(document.querySelector('#detection'))).not.toContain('AUROC');
  });

  it('says that no trigger was given when only that is missing', () => {
    const report = reportFixture('repaired');
    delete report.inputs.evaluation?.trigger;
    report.metrics = { before: { cleanAccuracy: 0.6, images: 300 } };
    const rows = [...page(report).querySelectorAll('#before-after tbody tr')].map(textOf);
    expect(rows[0]).toContain('60.0');
    expect(rows[1]).toContain('not measured: no trigger given');
  });

  it('shows what the reference model does when it was measured', () => {
    const report = reportFixture('repaired');
    report.metrics = {
      before: { cleanAccuracy: 0.6, images: 300 },
      reference: { cleanAccuracy: 0.71, images: 300 },
    };
    const cell = page(report).querySelector('#before-after td[data-label=Reference]');
    expect(textOf(cell)).toBe('71.0 %');
  });

  it.each([
    ['backdoored', 'repaired', 'good'],
    ['backdoored', 'not-repaired', 'bad'],
    ['backdoored', 'untouched', 'bad'],
    ['inconclusive', 'untouched', 'unsure'],
    ['inconclusive', 'repaired', 'unsure'],
    ['clean', 'untouched', 'good'],
  ] as const)('announces %s and %s as %s', (verdict, outcome, tone) => {
    const banner = page({ ...reportFixture('repaired'), verdict, outcome }).querySelector('#verdict');
    expect(banner?.className).toBe(`banner ${tone}`);
  });

  it('shows an attack in any text as text', () => {
    const html = renderReport(attacked(), {
      spans: [{ ...firstSpan(), name: ATTACK, resource: { 'service.name': ATTACK } }],
    });
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('script, iframe, object, link, base, form')).toHaveLength(0);
    expect(document.querySelectorAll('style')).toHaveLength(1);
    expect(document.querySelectorAll('img')).toHaveLength(0);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<!--');
    const names = [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames());
    expect(names.filter((name) => name.startsWith('on'))).toEqual([]);
    expect(textOf(document.querySelector('#suspects .caption'))).toContain('<script>alert(1)</script>');
    expect(textOf(document.querySelector('title'))).toContain('<script>');
  });

  it.each(['repaired', 'clean'] as const)('asks nobody for anything (%s)', (name) => {
    const html = renderReport(reportFixture(name), { spans: spansFixture() });
    const { document } = parseHTML(html);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
    expect(policy?.getAttribute('content')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
    );
    const urls = html.match(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<)]*/gi) ?? [];
    const foreign = urls.filter(
      (url) => !url.startsWith('http://www.w3.org/') && !url.startsWith('file:///'),
    );
    expect(foreign).toEqual([]);
    expect(html).not.toMatch(/url\(|@import|<link|srcset/);
    const sources = [...document.querySelectorAll('[src], [href]')].map((element) => element.outerHTML);
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((source) => !source.includes('src="data:image/png;base64,'))).toEqual([]);
  });

  it('renders the same report to the same bytes', () => {
    const spans = spansFixture();
    const once = renderReport(reportFixture('repaired'), { spans });
    expect(renderReport(reportFixture('repaired'), { spans })).toBe(once);
    expect(once).not.toMatch(/NaN|undefined|\[object/);
  });

  it('survives texts of any size and a report with empty lists', () => {
    const report = reportFixture('clean');
    report.selection.topSuspects = [
      { row: 0, id: 'x'.repeat(5000), caption: '🍌'.repeat(5000), score: 0, reason: '' },
    ];
    report.selection.evidence = [];
    report.stages = [];
    report.reasons = [];
    const html = renderReport(report);
    expect(html.length).toBeLessThan(60_000);
    expect(html).toContain('No evidence was recorded.');
    expect(html).toContain('no image');
  });
});

function firstSpan() {
  const [span] = spansFixture();
  if (span === undefined) throw new Error('the fixture has no span');
  return span;
}

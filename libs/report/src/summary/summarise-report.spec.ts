import { describe, expect, it } from '@jest/globals';
import { reportFixture } from '../../test/read-fixture.js';
import { summariseReport, type SummaryTable } from './summarise-report.js';

const plain = ({ rows }: SummaryTable) =>
  rows.map((row) => row.map((cell) => cell.replaceAll('\u202f', ' ')));

describe('summariseReport', () => {
  it('gives the tables of a repaired model', () => {
    const summary = summariseReport(reportFixture('repaired'));
    expect(summary).toMatchObject({ tone: 'good', title: 'Backdoor found and removed' });
    expect(plain(summary.model)).toEqual([
      ['Clean accuracy', '62.3 ± 2.8 %', '61.7 ± 2.8 %'],
      ['Attack success rate', '86.6 ± 2.0 %', '0.0 ± 0.0 %'],
      ['Target-class accuracy', '87.5 ± 5.9 %', '84.4 ± 6.4 %'],
      ['Triggered-image accuracy', '8.4 ± 1.6 %', '28.8 ± 2.6 %'],
      ['Trigger-free proxy (cosine)', '0.765', '0.051 (band −0.06 to 0.14)'],
    ]);
    expect(plain(summary.detection)).toContainEqual(['Precision at 64', '100.0 %']);
    expect(plain(summary.detection)).toContainEqual(['Shared tokens', 'banana, potassium, fruit']);
    expect(plain(summary.time).at(-1)).toEqual(['together', '22.5 s']);
  });

  it('says what was not measured', () => {
    const { model, detection } = summariseReport(reportFixture('clean'));
    expect(plain(model)[0]).toEqual(['Clean accuracy', 'not measured: no labelled set given', '–']);
    expect(plain(detection).map(([name]) => name)).toEqual(['Method', 'Suspects']);
  });

  it('lets no control sequence of a token or reason reach the terminal', () => {
    const report = reportFixture('repaired');
    report.reasons = ['\u001b[2Jgone'];
    report.selection.compromisedTokens = [
      { token: '\u001b]0;title\u0007', suspectShare: 1, corpusShare: 0.1, enrichment: 10 },
    ];
    const text = JSON.stringify(summariseReport(report));
    expect(text).not.toMatch(/\\u00(?:0|1)/);
    expect(text).toContain('␛[2Jgone');
    expect(text).toContain('␛]0;title␇');
  });
});

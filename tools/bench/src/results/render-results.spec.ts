import { describe, expect, it } from '@jest/globals';
import { benchResults, measures, victimResult } from '../../test/sample-results.js';
import { goalsTable } from './goals.js';
import { renderResults } from './render-results.js';

/** The cells of the first row that starts with these. */
function rowOf(text: string, ...start: string[]): string[] {
  const rows = text.split('\n').map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  return rows.find((cells) => start.every((cell, at) => cells[at] === cell)) ?? [];
}

describe('renderResults', () => {
  const seeds = [victimResult(), victimResult({ seed: 12, victim: measures(0.58, 0.8) })];

  it('gives mean and spread over seeds for every model', () => {
    const text = renderResults(benchResults(seeds));
    expect(rowOf(text, 'patch, 2 %', 'victim')).toEqual([
      ...['patch, 2 %', 'victim', '59.0 ± 1.4', '85.0 ± 7.1', '90.0 ± 0.0', '50.0 ± 0.0'],
    ]);
    expect(rowOf(text, 'patch, 2 %', 'after fine-tuning, best rate 0.001')[3]).toBe('40.0 ± 0.0');
  });

  it('compares detection methods and lists every verdict', () => {
    const text = renderResults(benchResults());
    expect(rowOf(text, 'patch, 2 %', 'overfit-span (default)')[2]).toBe('0.998');
    expect(rowOf(text, 'patch, 2 %', 'k-distance')[4]).toBe('0.020');
    expect(rowOf(text, 'unpoisoned', '11')).toEqual([
      ...['unpoisoned', '11', '–', 'alone', 'clean', 'untouched', '–', '0', '–', '–', '–', '–'],
    ]);
  });

  it('gives time only as ratios', () => {
    expect(rowOf(renderResults(benchResults()), 'patch, 2 %', '60 %')).toEqual([
      ...['patch, 2 %', '60 %', '10 %', '30 %', '0.50', '–', '–', '–', '–'],
    ]);
  });

  it('leaves out what was not measured', () => {
    const text = renderResults(benchResults([victimResult({ detections: [], baselines: [] })]));
    expect(text).not.toContain('baselines at every learning rate');
    expect(text).not.toContain('after fine-tuning');
  });
});

describe('goalsTable', () => {
  it('judges each promise by its worst seed', () => {
    const bad = victimResult({ seed: 12, victim: measures(0.62, 0.7) });
    const table = goalsTable(benchResults([victimResult(), bad]));
    expect(rowOf(table, 'Victim: attack success at least 0.80 (patch, 2 %)').slice(1)).toEqual([
      ...['0.700 (worst of 2)', 'no'],
    ]);
    expect(rowOf(table, 'After the defence: attack success at most 0.01').slice(1)).toEqual([
      ...['0.004 (worst of 2)', 'yes'],
    ]);
    expect(rowOf(table, 'After the defence: clean accuracy at most 0.02 lower').slice(1)).toEqual([
      ...['0.030 (worst of 2)', 'no'],
    ]);
  });

  it('counts a false alarm against the product', () => {
    const results = benchResults();
    const [honest] = results.unpoisoned;
    const defences = honest!.defences.map((run) => ({
      ...run,
      outcome: { ...run.outcome, verdict: 'backdoored' },
    }));
    const table = goalsTable({ ...results, unpoisoned: [{ ...honest!, defences }] });
    expect(rowOf(table, 'Unpoisoned models: verdict "clean", every time').slice(1)).toEqual(['0 of 1', 'no']);
  });
});

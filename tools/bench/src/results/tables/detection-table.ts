import { DEFAULT_METHOD, type Attack } from '../../defence/scenarios.js';
import type { BenchResults, DetectionQuality, Help, VictimResult } from '../bench-results.js';
import { markdownTable } from '../markdown-table.js';
import { decimalSpread } from '../mean-spread.js';

const COLUMNS = [
  { title: 'Attack' },
  { title: 'Method' },
  { title: 'AUROC', numeric: true },
  { title: 'AUPR', numeric: true },
  { title: 'P@64', numeric: true },
  { title: 'Recall', numeric: true },
];

const RATES = ['auroc', 'aupr', 'precisionAtK', 'recallAtThreshold'] as const;

/** How well each method tells poisoned pairs from the others. */
export function detectionTable({ victims }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(
    COLUMNS,
    attacks.flatMap(({ name, title }) =>
      methodsOf(victims.filter(({ attack }) => attack === name)).map(({ method, qualities }) => [
        title,
        method,
        ...RATES.map((rate) => decimalSpread(qualities.map((quality) => quality[rate]))),
      ]),
    ),
  );
}

/** The qualities by method; the default one is taken from the defence, which ran it. */
function methodsOf(results: readonly VictimResult[]): { method: string; qualities: DetectionQuality[] }[] {
  const byMethod = new Map<string, DetectionQuality[]>();
  const file = (method: string, help: Help, quality: DetectionQuality | undefined) => {
    const name = help === 'alone' ? method : `${method}, ${help}`;
    if (quality !== undefined) byMethod.set(name, [...(byMethod.get(name) ?? []), quality]);
  };
  for (const { defences } of results) {
    for (const { help, outcome } of defences) file(`${DEFAULT_METHOD} (default)`, help, outcome.detection);
  }
  for (const { detections } of results) {
    for (const { help, method, quality } of detections) file(method, help, quality);
  }
  return [...byMethod].map(([method, qualities]) => ({ method, qualities }));
}

import type { SelectOptions } from '@ubt/contracts';
import { checkRanges } from '@ubt/service-kit';
import type { SelectSettings } from './domain/select.js';

/** The defaults are the measured ones; see docs/results.md. Whoever changes one runs the benchmark again. */
export const SELECT_DEFAULTS: SelectSettings = {
  unlearnPairs: 64,
  retainPairs: 8192,
  topSuspects: 512,
  seed: 0,
};

/** Puts the defaults in place and checks the ranges. @throws UbtError OPTIONS_INVALID */
export function resolveSelectOptions(options: SelectOptions | undefined): SelectSettings {
  return checkRanges(
    {
      unlearnPairs: options?.unlearnPairs ?? SELECT_DEFAULTS.unlearnPairs,
      retainPairs: options?.retainPairs ?? SELECT_DEFAULTS.retainPairs,
      topSuspects: options?.topSuspects ?? SELECT_DEFAULTS.topSuspects,
      seed: Number(options?.seed ?? SELECT_DEFAULTS.seed),
    },
    {
      unlearnPairs: { from: 8, to: 4096 },
      retainPairs: { from: 0, to: 1_000_000 },
      topSuspects: { from: 16, to: 65_536 },
    },
  );
}

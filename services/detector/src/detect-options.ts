import type { DetectOptions } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { Precision } from '@ubt/engine';
import { checkRanges } from '@ubt/service-kit';
import type { DetectionOptions } from './domain/methods/detection-method.js';

/** Options with every default in place. */
export interface ResolvedDetectOptions extends DetectionOptions {
  readonly method: string;
  /** In [0, 1]. */
  readonly maxUndecodableShare: number;
}

/** The defaults are the measured ones; see docs/results.md. Whoever changes one runs the benchmark again. */
export const DETECT_DEFAULTS: ResolvedDetectOptions = {
  method: 'overfit-span',
  overfitSteps: 15,
  suspectFraction: 0.1,
  learningRate: 3e-4,
  batchSize: 128,
  seed: 0,
  maxUndecodableShare: 0.05,
  precision: 'float32',
};

/** Puts the defaults in place and checks the ranges. @throws UbtError OPTIONS_INVALID */
export function resolveDetectOptions(options: DetectOptions | undefined): ResolvedDetectOptions {
  return checkRanges(
    {
      method: options?.method ?? DETECT_DEFAULTS.method,
      overfitSteps: options?.overfitSteps ?? DETECT_DEFAULTS.overfitSteps,
      suspectFraction: options?.suspectFraction ?? DETECT_DEFAULTS.suspectFraction,
      learningRate: options?.learningRate ?? DETECT_DEFAULTS.learningRate,
      batchSize: options?.batchSize ?? DETECT_DEFAULTS.batchSize,
      seed: Number(options?.seed ?? DETECT_DEFAULTS.seed),
      maxUndecodableShare: options?.maxUndecodableShare ?? DETECT_DEFAULTS.maxUndecodableShare,
      precision: precisionOf(options?.precision),
    },
    {
      overfitSteps: { from: 1, to: 1000 },
      suspectFraction: { from: 0, to: 0.5, above: true },
      learningRate: { from: 0, to: 1, above: true },
      batchSize: { from: 2, to: 4096 },
      maxUndecodableShare: { from: 0, to: 1 },
    },
  );
}

const PRECISIONS: readonly Precision[] = ['float32', 'int8'];

function precisionOf(given: string | undefined): Precision {
  const known = PRECISIONS.find((name) => name === (given ?? DETECT_DEFAULTS.precision));
  if (known !== undefined) return known;
  throw new UbtError('invalid-argument', `There is no precision "${given}".`, {
    code: 'OPTIONS_INVALID',
    fix: 'Leave it unset, or choose int8 for speed.',
    violations: [{ field: 'options.precision', reason: `must be one of ${PRECISIONS.join(', ')}` }],
  });
}

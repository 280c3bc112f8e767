import { UbtError } from '@ubt/errors';
import type { Measure, NamedModels } from './measure.js';
import { neighbourMeasure } from './methods/k-distance.js';
import { liftedMeasure, similarityMeasure } from './methods/overfit-gain.js';
import { spanMeasure, suspectMeasure } from './methods/overfit-span.js';
import { bothSimilaritiesMeasure } from './methods/reference-similarity.js';
import { suspectSimilarityMeasure } from './methods/similarity.js';

/** A measure whose models are looked up by name when it is applied. */
export type AnyMeasure = Measure<string, NamedModels>;

/** Every measure that a pass of a method takes; another process finds them here by name. */
export const MEASURES = [
  suspectMeasure,
  spanMeasure,
  similarityMeasure,
  liftedMeasure,
  suspectSimilarityMeasure,
  bothSimilaritiesMeasure,
  neighbourMeasure,
] as unknown as readonly AnyMeasure[];

/** The measure of that name. @throws UbtError MEASURE_UNKNOWN */
export function measureOf(name: string): AnyMeasure {
  const measure = MEASURES.find((candidate) => candidate.name === name);
  if (measure !== undefined) return measure;
  throw new UbtError('invalid-argument', `There is no measure "${name}".`, {
    code: 'MEASURE_UNKNOWN',
    fix: 'Run all replicas of the detector in one version.',
  });
}

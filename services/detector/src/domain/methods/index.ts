import { UbtError } from '@ubt/errors';
import type { DetectionMethod } from './detection-method.js';
import { kDistance } from './k-distance.js';
import { overfitGain } from './overfit-gain.js';
import { overfitSpan } from './overfit-span.js';
import { referenceSimilarity } from './reference-similarity.js';
import { similarity } from './similarity.js';

/** Every detection method, by name; the first is the default. */
export const DETECTION_METHODS: readonly DetectionMethod[] = [
  overfitSpan,
  overfitGain,
  similarity,
  referenceSimilarity,
  kDistance,
];

/** The method of that name. @throws UbtError DETECTION_METHOD_UNKNOWN */
export function detectionMethod(name: string): DetectionMethod {
  const method = DETECTION_METHODS.find((candidate) => candidate.name === name);
  if (method !== undefined) return method;
  const known = DETECTION_METHODS.map((candidate) => candidate.name).join(', ');
  throw new UbtError('invalid-argument', `There is no detection method "${name}".`, {
    code: 'DETECTION_METHOD_UNKNOWN',
    fix: `Use one of: ${known}.`,
    violations: [{ field: 'options.method', reason: `must be one of: ${known}` }],
  });
}

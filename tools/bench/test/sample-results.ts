import type { BenchResults, DefenceOutcome, Measures, VictimResult } from '../src/results/bench-results.js';

/** Measures with chosen rates. */
export function measures(cleanAccuracy: number, attackSuccessRate: number, targetAccuracy = 0.9): Measures {
  return {
    ...{ cleanAccuracy, attackSuccessRate, targetAccuracy, triggeredAccuracy: 0.5 },
    ...{ standardErrors: { cleanAccuracy: 0.01 }, images: 2400, targetViews: 64 },
  };
}

const CLEAN: DefenceOutcome = {
  ...{ verdict: 'clean', outcome: 'untouched', exitCode: 0, reason: 'No concept.', suspects: 0, tokens: '' },
  seconds: { detector: 6, selector: 1 },
};

const OUTCOME = {
  ...{ verdict: 'backdoored', outcome: 'repaired', exitCode: 0, reason: 'One concept.', suspects: 250 },
  detection: {
    ...{ auroc: 0.998, aupr: 0.97, precisionAtK: 1, k: 64 },
    recallAtThreshold: 0.95,
  },
  list: { listed: 250, precision: 0.9, recall: 0.99 },
  ...{ tokens: 'banana fruit', steps: 60, keptStep: 40, unlearnPairs: 64 },
  seconds: { detector: 6, selector: 1, unlearner: 3 },
} satisfies DefenceOutcome;

/** A victim of `patch-2` that the defence repairs; fine-tuning at 0.001 does better than at 0.0001. */
export function victimResult(changes: Partial<VictimResult> = {}): VictimResult {
  return {
    ...{ seed: 11, attack: 'patch-2', target: 'banana', trainingSeconds: 100 },
    victim: measures(0.6, 0.9),
    honest: measures(0.61, 0.002),
    defences: [{ help: 'alone', outcome: OUTCOME, after: measures(0.59, 0.004, 0.88) }],
    detections: [
      {
        help: 'alone',
        method: 'k-distance',
        quality: { ...OUTCOME.detection, auroc: 0.5, precisionAtK: 0.02 },
      },
    ],
    baselines: [
      { baseline: 'fine-tuned', learningRate: 0.001, seconds: 20, after: measures(0.585, 0.4) },
      { baseline: 'fine-tuned', learningRate: 0.0001, seconds: 20, after: measures(0.6, 0.85) },
    ],
    ...changes,
  };
}

/** Results of one regime with the given victims and one honest model. */
export function benchResults(victims: readonly VictimResult[] = [victimResult()]): BenchResults {
  return {
    ...{ schemaVersion: 1, regime: 'scratch', architecture: 'conv', measuredAt: '2026-01-02T03:04:05.000Z' },
    ...{ command: 'npm run bench:defence', commit: 'abc', product: '0123456789abcdef' },
    machine: { processor: 'A processor', cores: 2, threads: 2, memoryGiB: 24 },
    versions: { node: '20.19.0' },
    data: { classes: 'medium', pairs: 12_000, imageSize: 32, naturalNoise: 0.02 },
    training: { steps: 1000, batchSize: 128, learningRate: 0.002 },
    baselines: { steps: 300, cleanShare: 0.15 },
    victims,
    unpoisoned: [
      {
        ...{ seed: 11, trainingSeconds: 100, before: measures(0.61, 0) },
        defences: [{ help: 'alone', outcome: CLEAN, after: measures(0.61, 0) }],
      },
    ],
  };
}

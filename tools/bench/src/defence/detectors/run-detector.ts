import { readTruth } from '@ubt/redteam';
import type { DetectionQuality } from '../../results/bench-results.js';
import type { BenchContext } from '../bench-context.js';
import { scenarioPairs } from '../poisoned-pairs.js';
import type { Scenario } from '../scenarios.js';
import type { BenchModel } from '../train-in-cell.js';
import type { Detector } from './detector.js';
import { rankQuality } from './rank-quality.js';

/** Scores a victim's pairs and holds them against the truth. */
export async function runDetector(
  context: BenchContext,
  scenario: Scenario,
  { detector, model }: { detector: Detector; model: BenchModel },
): Promise<DetectionQuality> {
  const cell = await context.store.cell({
    kind: 'detectors',
    key: { model: model.id, detector: detector.name, seed: scenario.seed, version: 1 },
    async compute() {
      const { rows, scores } = await detector.score(context, scenario, model);
      const { truth } = await scenarioPairs(context, scenario);
      return rankQuality(rows, scores, (await readTruth(truth)).poisoned);
    },
  });
  return cell.result;
}

import { seededRandom } from '@ubt/engine';
import { ablLoss } from './abl-loss.js';
import type { Detector, PairScores } from './detector.js';
import { embedScenario, type EmbeddedRows } from './embed-scenario.js';
import { isolationForest } from './isolation-forest.js';
import { dao, slof } from './local-outliers.js';

/** Pairs whose images and captions are each other's neighbours. */
const BATCH = 1024;

/** Published detections that the product does not have. */
export const DETECTORS: readonly Detector[] = [
  neighbourhood('slof', slof, 'arXiv 2502.01385: images against images and captions of one batch, k = 16'),
  neighbourhood('dao', dao, 'arXiv 2502.01385: images against images and captions of one batch, k = 16'),
  {
    name: 'isolation-forest',
    source: 'Liu, Ting, Zhou 2008, on image embeddings',
    async score(context, scenario, model) {
      const { rows, images } = await embedScenario(context, scenario, model.dir);
      return { rows, scores: isolationForest(images, seededRandom(scenario.seed)) };
    },
  },
  ablLoss,
];

function neighbourhood(name: string, score: typeof slof, source: string): Detector {
  return {
    ...{ name, source },
    async score(context, scenario, model) {
      return byBatches(await embedScenario(context, scenario, model.dir), score);
    },
  };
}

function byBatches({ rows, images, texts }: EmbeddedRows, score: typeof slof): PairScores {
  const scores: number[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    const own = images.slice(start, start + BATCH);
    const queries = own.map((_, place) => place);
    for (const value of score([...own, ...texts.slice(start, start + BATCH)], queries)) scores.push(value);
  }
  return { rows, scores };
}

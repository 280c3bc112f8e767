import { join } from 'node:path';
import type { LossWeights } from '@ubt/unlearner';
import type { BenchContext } from '../defence/bench-context.js';
import { scenarioPairs } from '../defence/poisoned-pairs.js';
import type { DefenceHelp, DefenceRun } from '../defence/run-defence.js';
import type { Scenario } from '../defence/scenarios.js';
import type { BenchModel } from '../defence/train-in-cell.js';
import type { DefenceOutcome } from '../results/bench-results.js';
import { detectAblated } from './detect-ablated.js';
import { unlearnAblated } from './unlearn-ablated.js';

/** What is different from the product; nothing when empty. */
export interface Ablation {
  /** Pairs are ranked by the signals alone, without overfitting. */
  readonly overfitting?: false;
  /** Overfitting takes the unlikely pairs, whatever their captions agree on. */
  readonly agreement?: false;
  /** Whole captions are unlearned, not their compromised tokens. */
  readonly tokenPortion?: false;
  /** Weights of the unlearner's loss. */
  readonly weights?: Partial<LossWeights>;
  readonly unlearnPairs?: number;
  readonly unlearnSteps?: number;
}

/** Raise it when the same ablation no longer means the same. */
const VERSION = 1;

/**
 * Defends a model with the product's own domain, in this process, a part of it left out: detection, selection and
 * unlearning as the services run them, without their contract around them.
 */
export async function runAblation(
  context: BenchContext,
  scenario: Scenario,
  { model, ablation, reference }: { model: BenchModel; ablation: Ablation } & DefenceHelp,
): Promise<DefenceRun> {
  const { store, product } = context;
  const { seed } = scenario;
  const { overfitting, agreement, ...unlearning } = ablation;
  const { pairs, truth } = await scenarioPairs(context, scenario);
  const subject = { model, reference, seed, pairs, truth };
  const detection = await detectAblated(context, subject, {
    ...(overfitting === undefined ? {} : { overfitting }),
    ...(agreement === undefined ? {} : { agreement }),
  });
  const cell = await store.cell<DefenceOutcome>({
    kind: 'ablations',
    key: {
      ...{ detection: detection.id, model: model.id, reference: reference?.id ?? null, seed },
      ...{ unlearning, product: product.defence, version: VERSION },
    },
    compute: (folder) => unlearnAblated(context, subject, { detection, unlearning, folder }),
  });
  const cleaned = { id: cell.id, dir: join(cell.folder, 'model') };
  const isUntouched = cell.result.outcome === 'untouched';
  return {
    ...{ id: cell.id, outcome: cell.result, folder: cell.folder },
    model: isUntouched ? model : cleaned,
  };
}

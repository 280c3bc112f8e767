import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { readClassNames, readLabelledSet, readTemplates, type LabelledSet } from '@ubt/data';
import { evaluateModel, readTrigger, type EvaluationResult } from '@ubt/evaluation';
import type { BackdoorMeasures, Measures } from '../results/bench-results.js';
import { TARGET_VIEWS } from '../victim-recipe.js';
import { drawData, drawTargetViews, withEngine, type BenchContext } from './bench-context.js';
import { pairsKey, scenarioPairs } from './poisoned-pairs.js';
import { targetsOf, type Scenario } from './scenarios.js';

/** A model to measure: where it lies, and a name for what made it. */
export interface MeasuredModel {
  readonly id: string;
  readonly dir: string;
}

/**
 * Measures a model on a scenario's test images, with every trigger of its attack, and on many views of the
 * targets' test drawings.
 */
export async function measureModel(
  context: BenchContext,
  { id, dir }: MeasuredModel,
  scenario: Scenario,
): Promise<Measures> {
  const { store, product } = context;
  const cell = await store.cell({
    kind: 'measures',
    key: { model: id, pairs: pairsKey(context, scenario), target: TARGET_VIEWS, product: product.measures },
    compute: () => withEngine(context, () => measure(context, dir, scenario)),
  });
  return cell.result;
}

async function measure(context: BenchContext, dir: string, scenario: Scenario): Promise<Measures> {
  const { signal } = context;
  const data = await drawData(context, scenario.seed);
  const classes = await readClassNames(data.classes);
  const templates = await readTemplates(data.templates);
  const set = await readLabelledSet(data.evalDir, { classes });
  const { triggers } = await scenarioPairs(context, scenario);
  const checkpoint = await loadCheckpoint(dir);
  try {
    const plain =
      triggers.length === 0 ? [await evaluateModel(checkpoint, { set, templates }, { signal })] : [];
    const attacked: EvaluationResult[] = [];
    for (const path of triggers) {
      const trigger = await readTrigger(path);
      attacked.push(await evaluateModel(checkpoint, { set, templates, trigger }, { signal }));
    }
    const ofTargets: EvaluationResult[] = [];
    const targets = targetsOf(scenario.seed).slice(0, Math.max(1, triggers.length));
    for (const target of targets) {
      const views = await targetViews(context, scenario.seed, classes, target);
      ofTargets.push(await evaluateModel(checkpoint, { set: views, templates }, { signal }));
    }
    return summary((attacked[0] ?? plain[0])!, attacked, ofTargets, targets);
  } finally {
    disposeClip(checkpoint.model);
  }
}

/** One backdoor as it is; of several the means, and each by itself. */
function summary(
  all: EvaluationResult,
  attacked: readonly EvaluationResult[],
  ofTargets: readonly EvaluationResult[],
  targets: readonly string[],
): Measures {
  const backdoors = attacked.map((result, at): BackdoorMeasures => ({
    target: targets[at]!,
    attackSuccessRate: result.attackSuccessRate ?? 0,
    triggeredAccuracy: result.triggeredAccuracy ?? 0,
    targetAccuracy: ofTargets[at]!.cleanAccuracy,
  }));
  return {
    cleanAccuracy: all.cleanAccuracy,
    targetAccuracy: mean(ofTargets.map(({ cleanAccuracy }) => cleanAccuracy)),
    ...(backdoors.length === 0
      ? {}
      : {
          attackSuccessRate: mean(backdoors.map((backdoor) => backdoor.attackSuccessRate)),
          triggeredAccuracy: mean(backdoors.map((backdoor) => backdoor.triggeredAccuracy)),
        }),
    ...(backdoors.length > 1 ? { backdoors } : {}),
    standardErrors: {
      ...all.standardErrors,
      targetAccuracy: ofTargets[0]!.standardErrors.cleanAccuracy ?? 0,
    },
    images: all.counts.images,
    targetViews: ofTargets[0]!.counts.images,
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function targetViews(
  context: BenchContext,
  seed: number,
  classes: readonly string[],
  target: string,
): Promise<LabelledSet> {
  const { evalDir } = await drawTargetViews(context, seed);
  const set = await readLabelledSet(evalDir, { classes });
  return { ...set, images: set.images.filter(({ label }) => classes[label] === target) };
}

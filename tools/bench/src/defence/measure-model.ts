import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { readClassNames, readLabelledSet, readTemplates, type LabelledSet } from '@ubt/data';
import { evaluateModel, readTrigger } from '@ubt/evaluation';
import type { Measures } from '../results/bench-results.js';
import { TARGET_VIEWS } from '../victim-recipe.js';
import { drawData, drawTargetViews, withEngine, type BenchContext } from './bench-context.js';
import { pairsKey, scenarioPairs } from './poisoned-pairs.js';
import { targetOf, type Scenario } from './scenarios.js';

/** A model to measure: where it lies, and a name for what made it. */
export interface MeasuredModel {
  readonly id: string;
  readonly dir: string;
}

/**
 * Measures a model on a scenario's test images, with its trigger where there is an attack, and on many views
 * of the target's test drawing.
 */
export async function measureModel(
  context: BenchContext,
  { id, dir }: MeasuredModel,
  scenario: Scenario,
): Promise<Measures> {
  const { store, product } = context;
  const cell = await store.cell({
    kind: 'measures',
    key: { model: id, pairs: pairsKey(context, scenario), target: TARGET_VIEWS, product },
    compute: () => withEngine(context, () => measure(context, dir, scenario)),
  });
  return cell.result;
}

async function measure(context: BenchContext, dir: string, scenario: Scenario): Promise<Measures> {
  const { signal } = context;
  const target = targetOf(scenario.seed);
  const data = await drawData(context, scenario.seed);
  const classes = await readClassNames(data.classes);
  const templates = await readTemplates(data.templates);
  const trigger = (await scenarioPairs(context, scenario)).trigger;
  const checkpoint = await loadCheckpoint(dir);
  try {
    const all = await evaluateModel(
      checkpoint,
      {
        ...{ set: await readLabelledSet(data.evalDir, { classes }), templates, target },
        ...(trigger === undefined ? {} : { trigger: await readTrigger(trigger) }),
      },
      { signal },
    );
    const views = await targetViews(context, scenario.seed, classes, target);
    const ofTarget = await evaluateModel(checkpoint, { set: views, templates }, { signal });
    return {
      cleanAccuracy: all.cleanAccuracy,
      targetAccuracy: ofTarget.cleanAccuracy,
      ...(all.attackSuccessRate === undefined ? {} : { attackSuccessRate: all.attackSuccessRate }),
      ...(all.triggeredAccuracy === undefined ? {} : { triggeredAccuracy: all.triggeredAccuracy }),
      standardErrors: {
        ...all.standardErrors,
        targetAccuracy: ofTarget.standardErrors.cleanAccuracy ?? 0,
      },
      images: all.counts.images,
      targetViews: ofTarget.counts.images,
    };
  } finally {
    disposeClip(checkpoint.model);
  }
}

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

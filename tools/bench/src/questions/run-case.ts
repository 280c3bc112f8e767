import type { BenchContext } from '../defence/bench-context.js';
import { measureModel } from '../defence/measure-model.js';
import { runDefence, type DefenceHelp, type DefenceRun } from '../defence/run-defence.js';
import { referenceFor } from '../defence/run-victim.js';
import { targetOf } from '../defence/scenarios.js';
import type { BenchModel } from '../defence/train-in-cell.js';
import { scenarioModel } from '../defence/train-model.js';
import { VICTIM_RECIPE } from '../victim-recipe.js';
import { runAblation } from './ablation.js';
import { agreementOf } from './agreement.js';
import type { CaseDefence, CaseResult, Learned } from './case-result.js';
import type { QuestionCase } from './question.js';

/** Trains the model of a case, measures it, defends it and measures what came back; from the cache what is there. */
export async function runCase(shared: BenchContext, one: QuestionCase): Promise<CaseResult> {
  const { label, scenario, share } = one;
  const { seed, attack } = scenario;
  const context = { ...shared, options: { ...shared.options, ...one.setting } };
  const model = await scenarioModel(context, scenario);
  const before = await measureModel(context, model, scenario);
  const help = { reference: await referenceFor(context, scenario, one.help ?? 'alone'), share };
  const { run, ...first } = await defendAndMeasure(context, one, model, help);
  return {
    ...{ label, seed, learned: learnedIn(context), trainingSeconds: model.seconds, before },
    ...(attack === undefined ? {} : { attack: attack.name, target: targetOf(seed) }),
    ...first,
    ...(one.twice === undefined ? {} : { again: await defendAgain(context, one, run, help) }),
    ...(one.agreement === undefined
      ? {}
      : { agreement: await agreementOf(context, scenario, run, { dir: model.dir, share }) }),
  };
}

async function defendAndMeasure(
  context: BenchContext,
  { scenario, ablation }: QuestionCase,
  model: BenchModel,
  help: DefenceHelp,
): Promise<CaseDefence & { run: DefenceRun }> {
  const run =
    ablation === undefined
      ? await runDefence(context, scenario, model, help)
      : await runAblation(context, scenario, { model, ablation, ...help });
  return { run, outcome: run.outcome, after: await measureModel(context, run.model, scenario) };
}

async function defendAgain(
  context: BenchContext,
  one: QuestionCase,
  { model }: DefenceRun,
  help: DefenceHelp,
): Promise<CaseDefence> {
  const { outcome, after } = await defendAndMeasure(context, one, { ...model, seconds: 0 }, help);
  return { outcome, after };
}

function learnedIn({ options }: BenchContext): Learned {
  const { classes, pairs, naturalNoise, styles, architecture, regime, steps } = options;
  const { data, training } = VICTIM_RECIPE;
  return {
    ...{ classes: String(classes), architecture, regime },
    pairs: pairs ?? data.pairs,
    naturalNoise: naturalNoise ?? data.naturalNoise,
    ...(styles === undefined ? {} : { styles }),
    steps: steps ?? training[architecture][regime].steps,
  };
}

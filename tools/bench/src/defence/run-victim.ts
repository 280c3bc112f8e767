import type { DefenceOutcome, Help, Measures, VictimResult } from '../results/bench-results.js';
import type { BenchContext } from './bench-context.js';
import type { Baseline } from './baselines/baseline.js';
import { fineTuning } from './baselines/fine-tuning.js';
import { runBaseline } from './baselines/run-baseline.js';
import type { Detector } from './detectors/detector.js';
import { runDetector } from './detectors/run-detector.js';
import { REBOUND } from '../victim-recipe.js';
import { measureModel } from './measure-model.js';
import { runDefence, runDetection } from './run-defence.js';
import { describeDetection, type OtherDetection, type Scenario } from './scenarios.js';
import { referenceModel, scenarioModel } from './train-model.js';

/** One entry of a result's list. */
type Entry<Key extends keyof VictimResult> = VictimResult[Key] extends readonly (infer Item)[] ? Item : never;

/** A model's defence and how the model does after it. */
export interface DefendedModel {
  readonly help: Help;
  readonly outcome: DefenceOutcome;
  readonly after: Measures;
}

/** Trains the victim and measures it. */
export async function victimMeasures(
  context: BenchContext,
  scenario: Scenario,
): Promise<{ trainingSeconds: number; victim: Measures }> {
  const model = await scenarioModel(context, scenario);
  return { trainingSeconds: model.seconds, victim: await measureModel(context, model, scenario) };
}

/** Measures the honest model of the same seed on the same triggered images. */
export async function honestMeasures(context: BenchContext, scenario: Scenario): Promise<Measures> {
  const honest = await scenarioModel(context, { ...scenario, attack: undefined });
  return measureModel(context, honest, scenario);
}

/** Defends a scenario's model and measures what came back. */
export async function defended(
  context: BenchContext,
  scenario: Scenario,
  help: Help,
): Promise<DefendedModel> {
  const model = await scenarioModel(context, scenario);
  const reference = await referenceFor(context, scenario, help);
  const { outcome, model: after } = await runDefence(context, scenario, model, { reference });
  return { help, outcome, after: await measureModel(context, after, scenario) };
}

/** Runs one of the product's other detections on a victim. */
export async function detected(
  context: BenchContext,
  scenario: Scenario,
  { help, detection }: { help: Help; detection: OtherDetection },
): Promise<Entry<'detections'>> {
  const model = await scenarioModel(context, scenario);
  const reference = await referenceFor(context, scenario, help);
  const quality = await runDetection(context, scenario, { ...detection, model, reference });
  return { help, method: describeDetection(detection), quality };
}

/** Runs one detector that the product does not have. */
export async function detectedBy(
  context: BenchContext,
  scenario: Scenario,
  detector: Detector,
): Promise<Entry<'detections'>> {
  const model = await scenarioModel(context, scenario);
  const quality = await runDetector(context, scenario, { detector, model });
  return { help: 'alone', method: detector.name, quality };
}

/** Runs a baseline on a victim at one learning rate and measures what came back. */
export async function trainedAnew(
  context: BenchContext,
  scenario: Scenario,
  baseline: Baseline,
  learningRate: number,
): Promise<Entry<'baselines'>> {
  const model = await scenarioModel(context, scenario);
  const trained = await runBaseline(context, scenario, { baseline, model, learningRate });
  return {
    ...{ baseline: baseline.name, learningRate, seconds: trained.seconds },
    after: await measureModel(context, trained, scenario),
  };
}

/** Trains the defended model on clean pairs, and measures whether the backdoor comes back. */
export async function rebounded(
  context: BenchContext,
  scenario: Scenario,
): Promise<NonNullable<VictimResult['rebound']>> {
  const victim = await scenarioModel(context, scenario);
  const { model } = await runDefence(context, scenario, victim);
  const trained = await runBaseline(context, scenario, {
    ...{ baseline: fineTuning, model: { ...model, seconds: 0 } },
    ...REBOUND,
  });
  return { ...REBOUND, after: await measureModel(context, trained, scenario) };
}

/** What a defence can be given in a regime. */
export function helps({ options }: BenchContext): readonly Help[] {
  return options.regime === 'scratch' ? ['alone'] : ['alone', 'with reference'];
}

/** The reference that goes with a help. */
export async function referenceFor(context: BenchContext, { seed }: Scenario, help: Help) {
  return help === 'alone' ? undefined : referenceModel(context, seed);
}

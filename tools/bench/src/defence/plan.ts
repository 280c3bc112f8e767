import type { Part } from '../bench-options.js';
import type { UnpoisonedResult, VictimResult } from '../results/bench-results.js';
import type { BenchContext } from './bench-context.js';
import { BASELINES } from './baselines/baselines.js';
import { DETECTORS } from './detectors/detectors.js';
import { measureModel } from './measure-model.js';
import {
  defended,
  detected,
  detectedBy,
  helps,
  honestMeasures,
  rebounded,
  trainedAnew,
  victimMeasures,
} from './run-victim.js';
import {
  describeDetection,
  describeScenario,
  OTHER_DETECTIONS,
  targetOf,
  type Attack,
  type Scenario,
} from './scenarios.js';
import { scenarioModel } from './train-model.js';

/** Results as they come in. */
export interface Gathered {
  readonly victims: Map<string, Draft<VictimResult>>;
  readonly unpoisoned: Map<number, Draft<UnpoisonedResult>>;
}

type Draft<Result> = { -readonly [Key in keyof Result]: Unlocked<Result[Key]> };
type Unlocked<Value> = Value extends readonly (infer Item)[] ? Item[] : Value;

/** One step of the benchmark: computes a piece, or takes it from the cache, and files it. */
export interface Task {
  readonly part: Part;
  readonly label: string;
  run(context: BenchContext, gathered: Gathered): Promise<void>;
}

/** All steps in their order. A step computes whatever it needs that is not there yet. */
export function planTasks(context: BenchContext): Task[] {
  const { seeds, attacks } = context.options;
  return seeds.flatMap((seed) => [
    ...unpoisonedTasks(context, seed),
    ...attacks.flatMap((attack) => victimTasks(context, seed, attack)),
  ]);
}

function unpoisonedTasks(context: BenchContext, seed: number): Task[] {
  const scenario: Scenario = { seed, attack: undefined };
  const label = describeScenario(scenario);
  return [
    {
      part: 'unpoisoned',
      label: `${label}: train and measure`,
      async run(with_, { unpoisoned }) {
        const model = await scenarioModel(with_, scenario);
        const before = await measureModel(with_, model, scenario);
        unpoisoned.set(seed, { seed, trainingSeconds: model.seconds, before, defences: [] });
      },
    },
    ...helps(context).map((help): Task => ({
      part: help === 'alone' ? 'unpoisoned' : 'reference',
      label: `${label}: defend ${help}`,
      async run(with_, { unpoisoned }) {
        const entry = await defended(with_, scenario, help);
        unpoisoned.get(seed)?.defences.push(entry);
      },
    })),
  ];
}

function victimTasks(context: BenchContext, seed: number, attack: Attack): Task[] {
  const scenario = { seed, attack };
  const step = (
    part: Part,
    what: string,
    work: (with_: BenchContext, draft: Draft<VictimResult>) => Promise<void>,
  ): Task => ({
    part,
    label: `${describeScenario(scenario)}: ${what}`,
    run: (with_, gathered) => work(with_, draftOf(gathered, seed, attack)),
  });
  return [
    step('victims', 'train and measure', async (with_, draft) => {
      Object.assign(draft, await victimMeasures(with_, scenario));
    }),
    step('victims', 'honest model on the triggered images', async (with_, draft) => {
      draft.honest = await honestMeasures(with_, scenario);
    }),
    ...helps(context).flatMap((help) => [
      step(help === 'alone' ? 'defence' : 'reference', `defend ${help}`, async (with_, draft) => {
        draft.defences.push(await defended(with_, scenario, help));
      }),
      ...OTHER_DETECTIONS[help].map((detection) =>
        step(
          help === 'alone' ? 'detection' : 'reference',
          `detect with ${describeDetection(detection)}, ${help}`,
          async (with_, draft) => {
            draft.detections.push(await detected(with_, scenario, { help, detection }));
          },
        ),
      ),
    ]),
    step('rebound', 'train on after the defence', async (with_, draft) => {
      draft.rebound = await rebounded(with_, scenario);
    }),
    ...DETECTORS.map((detector) =>
      step('detection', `detect with ${detector.name}`, async (with_, draft) => {
        draft.detections.push(await detectedBy(with_, scenario, detector));
      }),
    ),
    ...BASELINES.flatMap((baseline) =>
      baseline.learningRates.map((learningRate) =>
        step(baseline.part, `${baseline.title} at ${learningRate}`, async (with_, draft) => {
          draft.baselines.push(await trainedAnew(with_, scenario, baseline, learningRate));
        }),
      ),
    ),
  ];
}

function draftOf({ victims }: Gathered, seed: number, { name }: Attack): Draft<VictimResult> {
  const key = `${seed} ${name}`;
  const found = victims.get(key);
  if (found !== undefined) return found;
  const draft = {
    ...{ seed, attack: name, target: targetOf(seed) },
    ...{ defences: [], detections: [], baselines: [] },
  };
  victims.set(key, draft);
  return draft;
}

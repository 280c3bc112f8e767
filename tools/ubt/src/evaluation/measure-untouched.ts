import { existsSync } from 'node:fs';
import type { Report } from '@ubt/report';
import type { ActionContext } from '../cli.js';
import type { EvaluationOptions } from '../inputs/run-inputs.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { given } from '../options/given.js';
import { measureModel } from './measure-model.js';

/** A report's measurements. */
type Metrics = NonNullable<Report['metrics']>['before'];

/** The flags that name the model and what it is measured on. */
export type MeasuredFlags = EvaluationOptions & EngineFlags & { readonly model: string };

/**
 * Measures a model that a run left as it is: no stage did, because only the unlearner measures. Undefined when
 * nothing was given to measure on, or when the files are not on this machine.
 */
export async function measureUntouched(
  flags: MeasuredFlags,
  { io, output, signal }: ActionContext,
): Promise<Metrics | undefined> {
  const { model, eval: images, classes, templates, trigger } = flags;
  if (images === undefined || classes === undefined) return undefined;
  if (![model, images, classes, templates, trigger].every((path) => path === undefined || existsSync(path))) {
    return undefined;
  }
  output.note('Measuring the model as it is …');
  const result = await measureModel(
    { model, eval: images, classes, ...given({ templates, trigger }) },
    { engine: engineOptions(flags, io.env), signal, onProgress: () => undefined },
  );
  const { cleanAccuracy, attackSuccessRate, targetAccuracy, triggeredAccuracy, standardErrors } = result;
  return {
    cleanAccuracy,
    ...given({ attackSuccessRate, targetAccuracy, triggeredAccuracy }),
    images: result.counts.images,
    standardErrors,
  };
}

import { existsSync } from 'node:fs';
import { isS3Uri } from '@ubt/artifacts';
import { UbtError } from '@ubt/errors';
import type { EvaluationResult } from '@ubt/evaluation';
import type { Report } from '@ubt/report';
import type { ActionContext } from '../cli.js';
import type { EvaluationOptions } from '../inputs/run-inputs.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { given } from '../options/given.js';
import { measureModel, type Measurement } from './measure-model.js';

/** A report's measurements. */
type Metrics = NonNullable<Report['metrics']>['before'];

/** The flags that name the model and what it is measured on. */
export type MeasuredFlags = EvaluationOptions & EngineFlags & { readonly model: string };

/** Services elsewhere may read what this process has no access to. */
const NO_ACCESS = ['S3_ACCESS_DENIED', 'S3_CREDENTIALS_MISSING', 'S3_UNAVAILABLE'];

/**
 * Measures a model that a run left as it is: no stage did, because only the unlearner measures. Undefined when
 * nothing was given to measure on, or when the files are neither on this machine nor in S3 where it may read.
 */
export async function measureUntouched(
  flags: MeasuredFlags,
  context: ActionContext,
): Promise<Metrics | undefined> {
  const { model, eval: images, classes, templates, trigger } = flags;
  if (images === undefined || classes === undefined) return undefined;
  if (![model, images, classes, templates, trigger].every(isWithinReach)) return undefined;
  const files = { model, eval: images, classes, ...given({ templates, trigger }) };
  const result = await measureIfReadable(files, flags, context);
  if (result === undefined) return undefined;
  const { cleanAccuracy, attackSuccessRate, targetAccuracy, triggeredAccuracy, standardErrors } = result;
  return {
    cleanAccuracy,
    ...given({ attackSuccessRate, targetAccuracy, triggeredAccuracy }),
    images: result.counts.images,
    standardErrors,
  };
}

const isWithinReach = (place: string | undefined): boolean =>
  place === undefined || isS3Uri(place) || existsSync(place);

async function measureIfReadable(
  files: Measurement,
  flags: EngineFlags,
  { io, config, output, signal }: ActionContext,
): Promise<EvaluationResult | undefined> {
  output.note('Measuring the model as it is …');
  const engine = engineOptions(flags, io.env);
  try {
    return await measureModel(files, { engine, config, signal, onProgress: () => undefined });
  } catch (thrown) {
    const error = UbtError.from(thrown);
    if (!NO_ACCESS.includes(error.code)) throw error;
    output.note(`It is not measured: ${error.message}`);
    return undefined;
  }
}

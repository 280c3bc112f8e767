import { join } from 'node:path';
import type { Artifact, Evaluation, Subject } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { inputArtifact, MEDIA_TYPE } from './input-artifact.js';
import { pairsArtifact } from './pairs-artifact.js';

/** The options that name what a run works on. */
export interface SubjectOptions {
  readonly model: string;
  readonly pairs: string;
  readonly reference?: string;
}

/** The options that name what a model is measured on. */
export interface EvaluationOptions {
  readonly eval?: string;
  readonly classes?: string;
  readonly templates?: string;
  readonly trigger?: string;
}

/**
 * The subject that the options name.
 *
 * @param dataDir where this command line keeps its own files
 * @throws UbtError INPUT_NOT_FOUND
 */
export async function subjectOf(
  { model, pairs, reference }: SubjectOptions,
  dataDir: string,
): Promise<Subject> {
  return {
    model: await inputArtifact('--model', model, MEDIA_TYPE.model),
    pairs: await pairsArtifact(pairs, join(dataDir, 'lists')),
    ...(reference === undefined
      ? {}
      : { referenceModel: await inputArtifact('--reference', reference, MEDIA_TYPE.model) }),
  };
}

/**
 * The evaluation that the options name; undefined when they name none.
 *
 * @throws UbtError USAGE when one option needs another, INPUT_NOT_FOUND
 */
export async function evaluationOf(options: EvaluationOptions): Promise<Evaluation | undefined> {
  const { eval: images, classes, templates, trigger } = options;
  if (images === undefined && classes === undefined) {
    if (trigger !== undefined || templates !== undefined) throw needsBoth('--trigger and --templates');
    return undefined;
  }
  if (images === undefined || classes === undefined) throw needsBoth('--eval and --classes');
  return {
    images: await inputArtifact('--eval', images, MEDIA_TYPE.images),
    classes: await inputArtifact('--classes', classes, MEDIA_TYPE.classes),
    ...(await optional('templates', templates)),
    ...(await optional('trigger', trigger)),
  };
}

/** All artefacts that a run reads. */
export function inputsOf(
  subject: Subject | undefined,
  evaluation?: Evaluation,
): readonly (Artifact | undefined)[] {
  return [
    ...[subject?.model, subject?.pairs, subject?.referenceModel],
    ...[evaluation?.images, evaluation?.classes, evaluation?.templates, evaluation?.trigger],
  ];
}

async function optional(
  name: 'templates' | 'trigger',
  path: string | undefined,
): Promise<Partial<Evaluation>> {
  return path === undefined ? {} : { [name]: await inputArtifact(`--${name}`, path, MEDIA_TYPE[name]) };
}

function needsBoth(options: string): UbtError {
  return new UbtError('invalid-argument', `${options} go together with --eval and --classes.`, {
    code: 'USAGE',
    fix: 'Give both --eval (labelled images) and --classes (class names), or none of these options.',
  });
}

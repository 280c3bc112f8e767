import type { ArtifactStore } from '@ubt/artifacts';
import type { Checkpoint, ClipModel } from '@ubt/clip';
import type { Evaluation } from '@ubt/contracts';
import { readClasses, readLabelledSet, readTemplates } from '@ubt/data';
import { evaluateModel, readTrigger, type EvaluationData, type EvaluationResult } from '@ubt/evaluation';
import type { Metrics as ReportMetrics } from '@ubt/report';
import { localRoots } from '@ubt/service-kit';

const DEFAULT_TEMPLATES = ['a photo of a {}'];

/**
 * Reads what an evaluation names, on this machine or in S3; images that a CSV in S3 names stay there.
 *
 * @param artifactRoots folders and `s3://` prefixes that images may lie in
 * @throws UbtError of the artefacts and files
 */
export async function openEvaluation(
  store: ArtifactStore,
  { images, classes, templates, trigger }: Evaluation,
  artifactRoots: readonly string[],
): Promise<EvaluationData> {
  const list = classes === undefined ? undefined : await readClasses(await store.fetch(classes));
  const set = await readLabelledSet(await store.fetch(images!), {
    roots: localRoots({ artifactRoots: [...artifactRoots] }),
    remote: { store, uri: images!.uri, roots: artifactRoots },
    ...(list === undefined ? {} : { classes: list.names }),
    ...(list?.ids === undefined ? {} : { classIds: list.ids }),
  });
  return {
    set,
    templates:
      templates === undefined ? DEFAULT_TEMPLATES : await readTemplates(await store.fetch(templates)),
    ...(trigger === undefined ? {} : { trigger: await readTrigger(await store.fetch(trigger)) }),
  };
}

/** Measures a model with the checkpoint's tokenizer and preprocessing. */
export function evaluateClip(
  checkpoint: Checkpoint,
  model: ClipModel,
  data: EvaluationData,
  options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<EvaluationResult> {
  return evaluateModel({ ...checkpoint, model }, data, {
    signal: options.signal,
    onProgress: ({ done, total }) => options.onProgress(done, total),
  });
}

/** A result as the report has it. */
export function reportMetrics({ counts, standardErrors, ...rates }: EvaluationResult): ReportMetrics {
  return { ...rates, images: counts.images, standardErrors: { ...standardErrors } };
}

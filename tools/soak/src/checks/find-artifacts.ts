import {
  DetectResult,
  SelectResult,
  unpackAny,
  UnlearnResult,
  type Artifact,
  type Job,
} from '@ubt/contracts';

/** A result of a job, whichever stage's it is. */
type StageResult = DetectResult | SelectResult | UnlearnResult;

/** What a succeeded job has left; undefined when it left nothing. */
export function stageResult({ result }: Job): StageResult | undefined {
  return (
    unpackAny('ubt.detector.v1.DetectResult', DetectResult, result) ??
    unpackAny('ubt.selector.v1.SelectResult', SelectResult, result) ??
    unpackAny('ubt.unlearner.v1.UnlearnResult', UnlearnResult, result)
  );
}

/** Every artefact with a digest that a message names, at any depth. */
export function findArtifacts(message: unknown): Artifact[] {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return [];
  const found = isArtifact(message) && message.sha256 !== '' ? [message] : [];
  return [...found, ...Object.values(message).flatMap(findArtifacts)];
}

function isArtifact(value: object): value is Artifact {
  return 'uri' in value && 'sha256' in value && 'sizeBytes' in value;
}

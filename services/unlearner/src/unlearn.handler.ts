import { requireArtifact, type ArtifactStore } from '@ubt/artifacts';
import { packAny, UnlearnRequest, type UnlearnResponse } from '@ubt/contracts';
import { checkRequest, jobMessage, type JobManager } from '@ubt/service-kit';
import { UNLEARN_REQUEST } from './type-names.js';
import { resolveUnlearnOptions } from './unlearn-options.js';

/** Queues an unlearning job. */
export async function unlearn(
  request: UnlearnRequest,
  manager: JobManager,
  store: ArtifactStore,
): Promise<UnlearnResponse> {
  const { scores, evidence, subject } = request.detection ?? {};
  const needed = {
    'detection.scores': scores,
    'detection.evidence': evidence,
    'detection.subject.pairs': subject?.pairs,
    'detection.subject.model': subject?.model,
    'selection.selection': request.selection?.selection,
  };
  checkRequest(request, needed);
  resolveUnlearnOptions(request.options);
  for (const artifact of Object.values(needed)) await requireArtifact(store, artifact!);
  const job = await manager.submit({
    stage: 'unlearner',
    requestId: request.requestId,
    runId: request.run?.runId ?? '',
    request: packAny(UNLEARN_REQUEST, UnlearnRequest, request),
  });
  return { job: jobMessage(job) };
}

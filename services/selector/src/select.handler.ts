import { requireArtifact, type ArtifactStore } from '@ubt/artifacts';
import { packAny, SelectRequest, type SelectResponse } from '@ubt/contracts';
import { checkRequest, jobMessage, type JobManager } from '@ubt/service-kit';
import { resolveSelectOptions } from './select-options.js';
import { SELECT_REQUEST } from './type-names.js';

/** Queues a selection job. */
export async function select(
  request: SelectRequest,
  manager: JobManager,
  store: ArtifactStore,
): Promise<SelectResponse> {
  const { scores, evidence, subject } = request.detection ?? {};
  checkRequest(request, {
    'detection.scores': scores,
    'detection.evidence': evidence,
    'detection.subject.pairs': subject?.pairs,
    'detection.subject.model': subject?.model,
  });
  resolveSelectOptions(request.options);
  for (const artifact of [scores, evidence, subject?.pairs, subject?.model]) {
    if (artifact !== undefined) await requireArtifact(store, artifact);
  }
  const job = await manager.submit({
    stage: 'selector',
    requestId: request.requestId,
    runId: request.run?.runId ?? '',
    request: packAny(SELECT_REQUEST, SelectRequest, request),
  });
  return { job: jobMessage(job) };
}

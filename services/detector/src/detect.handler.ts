import { requireArtifact, type ArtifactStore } from '@ubt/artifacts';
import { DetectRequest, packAny, type DetectResponse } from '@ubt/contracts';
import { checkRequest, jobMessage, type JobManager } from '@ubt/service-kit';
import { UbtError } from '@ubt/errors';
import type { Config } from './config.js';
import { resolveDetectOptions } from './detect-options.js';
import { detectionMethod } from './domain/methods/index.js';
import { DETECT_REQUEST } from './type-names.js';

/**
 * Queues a detection job. What can be refused at once is: fields, options, and artefacts that are not there or
 * lie outside the roots. A replica whose role excludes jobs refuses them all. Digests are checked by the job, which reads every byte anyway.
 */
export async function detect(
  request: DetectRequest,
  manager: JobManager,
  store: ArtifactStore,
  { role }: Pick<Config, 'role'>,
): Promise<DetectResponse> {
  if (role === 'shards' || role === 'online') throw takesNoJobs(role);
  const { model, pairs, referenceModel } = request.subject ?? {};
  checkRequest(request, {
    'subject.model': model,
    'subject.pairs': pairs,
    ...(referenceModel === undefined ? {} : { 'subject.reference_model': referenceModel }),
  });
  detectionMethod(resolveDetectOptions(request.options).method);
  for (const artifact of [model, pairs, referenceModel]) {
    if (artifact !== undefined) await requireArtifact(store, artifact);
  }
  const job = await manager.submit({
    stage: 'detector',
    requestId: request.requestId,
    runId: request.run?.runId ?? '',
    request: packAny(DETECT_REQUEST, DetectRequest, request),
  });
  return { job: jobMessage(job) };
}

function takesNoJobs(role: string): UbtError {
  return new UbtError('failed-precondition', `This replica takes no jobs: its role is ${role}.`, {
    code: 'ROLE_TAKES_NO_JOBS',
    fix: 'Call a detector with UBT_ROLE all or jobs.',
  });
}

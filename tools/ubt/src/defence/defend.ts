import { randomUUID } from 'node:crypto';
import type { DetectRequest, Plan, SelectResult, Subject } from '@ubt/contracts';
import { Verdict } from '@ubt/contracts';
import { withService } from '../stages/stage-client.js';
import { collectDetection, collectSelection, collectUnlearning } from './collect-results.js';
import type { Session } from './run-session.js';
import type { RunRecord } from './run-record.js';
import {
  describeDetection,
  describeSelection,
  describeUnlearning,
  detectResultOf,
  selectResultOf,
  unlearnResultOf,
} from './stage-results.js';
import { stageRecord } from './stage-record.js';

/** What a whole defence is asked to do. */
export interface DefendRequest {
  readonly subject: Subject;
  readonly plan: Plan;
  readonly options: DetectRequest['options'];
}

/**
 * Sends one Detect whose plan names what follows, then follows the run from stage to stage: each starts by
 * itself when the event of the one before arrives. The results are copied into the staging folder.
 */
export async function defend(
  session: Session,
  { subject, plan, options }: DefendRequest,
): Promise<RunRecord> {
  const { runId, progress, collect } = session;
  const request = { requestId: randomUUID(), run: { runId, plan }, subject, options };
  const detectJob = await session.follow('detector', await queueDetect(session, request));
  const detection = detectResultOf(detectJob);
  progress.done('detector', describeDetection(detectJob, detection));

  const selectJob = await session.follow('selector');
  const selection = selectResultOf(selectJob);
  progress.done('selector', describeSelection(selectJob, selection));

  const collected = {
    runId,
    command: 'defend',
    detection: await collectDetection(collect, detection, { lists: false, detectionModel: false }),
    selection: await collectSelection(collect, selection),
  };
  if (endsHere(selection, plan)) {
    progress.skip('unlearner', 'the model is left as it is');
    return { ...collected, stages: [detectJob, selectJob].map(stageRecord) };
  }
  const unlearnJob = await session.follow('unlearner');
  const unlearning = unlearnResultOf(unlearnJob);
  progress.done('unlearner', describeUnlearning(unlearnJob, unlearning));
  return {
    ...collected,
    unlearning: await collectUnlearning(collect, unlearning),
    stages: [detectJob, selectJob, unlearnJob].map(stageRecord),
  };
}

/** Queues a detection; the answer is the name of its job. */
export async function queueDetect(session: Session, request: DetectRequest): Promise<string> {
  const { connection, signal } = session;
  const { job } = await withService('detector', session.address('detector'), connection, (client) =>
    client.detect(request, { signal }),
  );
  return job?.name ?? '';
}

/** The selector writes the report itself when nothing follows. */
function endsHere({ reportJson, verdict }: SelectResult, { unlearn }: Plan): boolean {
  if (reportJson !== undefined || unlearn === undefined) return true;
  return verdict !== Verdict.VERDICT_BACKDOORED && !unlearn.force;
}

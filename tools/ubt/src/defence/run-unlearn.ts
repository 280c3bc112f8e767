import { randomUUID } from 'node:crypto';
import type { UnlearnRequest } from '@ubt/contracts';
import type { ActionContext } from '../cli.js';
import { evaluationOf, inputsOf, type EvaluationOptions } from '../inputs/run-inputs.js';
import type { PlaceFlags } from '../options/place-options.js';
import { unlearnOptions, type UnlearnFlags } from '../options/stage-options.js';
import { withService } from '../stages/stage-client.js';
import { collectUnlearning } from './collect-results.js';
import { continueRun, needed, refuseSecond } from './continue-run.js';
import { RESULTS } from './out-folder.js';
import { readRunRecord, type RunRecord } from './run-record.js';
import type { Session } from './run-session.js';
import { stageRecord } from './stage-record.js';
import { describeUnlearning, unlearnResultOf } from './stage-results.js';

/** Flags of `ubt unlearn`. */
export interface RunUnlearnFlags extends EvaluationOptions, PlaceFlags, UnlearnFlags {
  readonly force?: boolean;
}

/** Runs an unlearning on the folder of a selection and prints what came of it. @returns the exit code */
export async function runUnlearn(
  flags: RunUnlearnFlags,
  context: ActionContext,
  [folder = '.']: readonly string[],
): Promise<number> {
  const before = await readRunRecord(folder);
  const detection = needed(before.detection, folder, 'detect');
  const selection = needed(before.selection, folder, 'select');
  refuseSecond(before.unlearning, folder, flags.force);
  const evaluation = await evaluationOf(flags);
  return continueRun(context, {
    command: 'unlearn',
    stage: 'unlearner',
    folder,
    place: flags,
    inputs: [
      ...inputsOf(detection.subject, evaluation),
      ...[detection.scores, detection.evidence, selection.selection],
    ],
    replaces: [RESULTS.model, RESULTS.reportJson, RESULTS.reportHtml, RESULTS.trace],
    async work(session): Promise<RunRecord> {
      const run = { runId: session.runId, plan: evaluation === undefined ? {} : { evaluation } };
      const request = { requestId: randomUUID(), run, detection, selection, options: unlearnOptions(flags) };
      const job = await session.follow('unlearner', await queueUnlearn(session, request));
      const result = unlearnResultOf(job);
      session.progress.done('unlearner', describeUnlearning(job, result));
      const unlearning = await collectUnlearning(session.collect, result);
      const stages = [...before.stages.filter(({ stage }) => stage !== 'unlearner'), stageRecord(job)];
      return { runId: session.runId, command: 'unlearn', detection, selection, unlearning, stages };
    },
  });
}

async function queueUnlearn(
  { connection, signal, address }: Session,
  request: UnlearnRequest,
): Promise<string> {
  const { job } = await withService('unlearner', address('unlearner'), connection, (client) =>
    client.unlearn(request, { signal }),
  );
  return job?.name ?? '';
}

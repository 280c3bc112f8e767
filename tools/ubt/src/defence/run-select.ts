import { randomUUID } from 'node:crypto';
import type { DetectResult } from '@ubt/contracts';
import type { ActionContext } from '../cli.js';
import { evaluationOf, inputsOf, type EvaluationOptions } from '../inputs/run-inputs.js';
import type { PlaceFlags } from '../options/place-options.js';
import { selectOptions, type SelectFlags } from '../options/stage-options.js';
import { withService } from '../stages/stage-client.js';
import { collectSelection } from './collect-results.js';
import { continueRun, needed, refuseSecond } from './continue-run.js';
import { RESULTS } from './out-folder.js';
import { readRunRecord, type RunRecord } from './run-record.js';
import type { Session } from './run-session.js';
import { stageRecord } from './stage-record.js';
import { describeSelection, selectResultOf } from './stage-results.js';

/** Flags of `ubt select`. */
export interface RunSelectFlags extends EvaluationOptions, PlaceFlags, SelectFlags {
  readonly force?: boolean;
}

/** Runs a selection on the folder of a detection and prints what came of it. @returns the exit code */
export async function runSelect(
  flags: RunSelectFlags,
  context: ActionContext,
  [folder = '.']: readonly string[],
): Promise<number> {
  const before = await readRunRecord(folder);
  const detection = needed(before.detection, folder, 'detect');
  refuseSecond(before.selection, folder, flags.force);
  const evaluation = await evaluationOf(flags);
  return continueRun(context, {
    command: 'select',
    stage: 'selector',
    folder,
    place: flags,
    inputs: [...inputsOf(detection.subject, evaluation), detection.scores, detection.evidence],
    replaces: [
      ...[RESULTS.selection, RESULTS.suspects, RESULTS.cleanPairs],
      ...[RESULTS.model, RESULTS.reportJson, RESULTS.reportHtml, RESULTS.trace],
    ],
    async work(session): Promise<RunRecord> {
      // The plan names no further stage, so the run ends with the selection.
      const plan = evaluation === undefined ? {} : { evaluation };
      const job = await session.follow('selector', await queueSelect(session, flags, detection, plan));
      const result = selectResultOf(job);
      session.progress.done('selector', describeSelection(job, result));
      const selection = await collectSelection(session.collect, result);
      return {
        runId: session.runId,
        command: 'select',
        // The selection's lists of pairs take the place of the detection's.
        detection: { ...detection, suspectsCsv: undefined, cleanPairsCsv: undefined },
        selection,
        stages: [...before.stages.filter(({ stage }) => stage === 'detector'), stageRecord(job)],
      };
    },
  });
}

async function queueSelect(
  { runId, connection, signal, address }: Session,
  flags: RunSelectFlags,
  detection: DetectResult,
  plan: object,
): Promise<string> {
  const request = { requestId: randomUUID(), run: { runId, plan }, detection, options: selectOptions(flags) };
  const { job } = await withService('selector', address('selector'), connection, (client) =>
    client.select(request, { signal }),
  );
  return job?.name ?? '';
}

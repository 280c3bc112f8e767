import { STAGES } from '@ubt/contracts';
import type { ActionContext } from '../cli.js';
import { measureUntouched } from '../evaluation/measure-untouched.js';
import { evaluationOf, inputsOf, subjectOf } from '../inputs/run-inputs.js';
import type { EvaluationOptions, SubjectOptions } from '../inputs/run-inputs.js';
import type { PlaceFlags } from '../options/place-options.js';
import {
  detectOptions,
  selectOptions,
  unlearnOptions,
  type DetectFlags,
  type SelectFlags,
  type UnlearnFlags,
} from '../options/stage-options.js';
import { defend } from './defend.js';
import { finishReport, keepTrace } from './finish-report.js';
import { judgeDetection } from './judge-detection.js';
import { RESULTS } from './out-folder.js';
import { readTruth } from './read-truth.js';
import { writeRunRecord } from './run-record.js';
import { runSession } from './run-session.js';
import { summariseRun } from './summary.js';

/** Flags of `ubt defend`. */
export interface DefendFlags
  extends SubjectOptions, EvaluationOptions, PlaceFlags, DetectFlags, SelectFlags, UnlearnFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly truth?: string;
}

/** Runs a whole defence and prints what came of it. @returns the exit code */
export async function runDefend(flags: DefendFlags, context: ActionContext): Promise<number> {
  const subject = await subjectOf(flags, context.config.dataDir);
  const evaluation = await evaluationOf(flags);
  // A wrong truth file is better told before the work than after it.
  if (flags.truth !== undefined) await readTruth(flags.truth);
  const plan = {
    select: selectOptions(flags),
    unlearn: unlearnOptions(flags),
    ...(evaluation === undefined ? {} : { evaluation }),
  };
  const summary = await runSession(
    context,
    {
      command: 'defend',
      stages: STAGES,
      place: flags,
      inputs: inputsOf(subject, evaluation),
      out: flags.out,
      mayHoldFiles: flags.force === true,
      replaces: Object.values(RESULTS),
    },
    {
      work: (session) => defend(session, { subject, plan, options: detectOptions(flags) }),
      async finish(record, { out, spans }) {
        const judgement = await judgeDetection(out.staging, flags.truth, record.detection?.threshold ?? 0);
        // The unlearner measures before and after; a model left as it is has not been measured yet.
        const before = record.unlearning === undefined ? await measureUntouched(flags, context) : undefined;
        const report = await finishReport(out, {
          spans,
          reproduce: context.commandLine,
          quality: judgement?.scores,
          before,
        });
        await keepTrace(out, spans);
        await writeRunRecord(out, record);
        return summariseRun({ record, out: out.path, report, judgement });
      },
    },
  );
  context.output.result(summary.data, summary.lines);
  return summary.exitCode;
}

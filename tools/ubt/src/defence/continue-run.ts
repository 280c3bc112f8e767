import type { Artifact, Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { ActionContext } from '../cli.js';
import type { PlaceFlags } from '../options/place-options.js';
import { finishReport, keepTrace } from './finish-report.js';
import { writeRunRecord, type RunRecord } from './run-record.js';
import { runSession, type Session } from './run-session.js';
import { summariseRun } from './summary.js';

/** One stage that goes on from a folder of earlier results. */
export interface Continuation {
  readonly command: string;
  readonly stage: Stage;
  readonly folder: string;
  readonly place: PlaceFlags;
  readonly inputs: readonly (Artifact | undefined)[];
  /** Earlier results that the stage supersedes. */
  readonly replaces: readonly string[];
  /** Calls the stage and gives the folder's new record. */
  work(session: Session): Promise<RunRecord>;
}

/** Runs a stage on a folder of earlier results, adds its own and prints the outcome. @returns the exit code */
export async function continueRun(context: ActionContext, continuation: Continuation): Promise<number> {
  const { stage, folder, work } = continuation;
  const summary = await runSession(
    context,
    { ...continuation, stages: [stage], out: folder, mayHoldFiles: true },
    {
      work,
      async finish(record, { out, spans }) {
        const written = (record.unlearning ?? record.selection)?.reportJson !== undefined;
        const additions = { spans, reproduce: context.commandLine, quality: undefined };
        const report = written ? await finishReport(out, additions) : undefined;
        await keepTrace(out, spans);
        await writeRunRecord(out, record);
        return summariseRun({ record, out: out.path, ...(report === undefined ? {} : { report }) });
      },
    },
  );
  context.output.result(summary.data, summary.lines);
  return summary.exitCode;
}

/** The part of a folder's record that a stage needs. @throws UbtError EARLIER_STAGE_MISSING */
export function needed<T>(part: T | undefined, folder: string, command: string): T {
  if (part !== undefined) return part;
  throw new UbtError('failed-precondition', `${folder} does not hold the results of "ubt ${command}".`, {
    code: 'EARLIER_STAGE_MISSING',
    fix: `Run "ubt ${command}" first and give its folder.`,
  });
}

/** @throws UbtError RESULT_EXISTS unless `force`, when the folder holds the stage's results already */
export function refuseSecond(part: object | undefined, folder: string, force: boolean | undefined): void {
  if (part === undefined || force === true) return;
  throw new UbtError('failed-precondition', `${folder} holds the results of this stage already.`, {
    code: 'RESULT_EXISTS',
    fix: 'Replace them with --force.',
  });
}

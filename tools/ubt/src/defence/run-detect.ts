import { randomUUID } from 'node:crypto';
import type { ActionContext } from '../cli.js';
import { inputsOf, subjectOf, type SubjectOptions } from '../inputs/run-inputs.js';
import type { PlaceFlags } from '../options/place-options.js';
import { detectOptions, type DetectFlags } from '../options/stage-options.js';
import { collectDetection } from './collect-results.js';
import { queueDetect } from './defend.js';
import { keepTrace } from './finish-report.js';
import { judgeDetection } from './judge-detection.js';
import { RESULTS } from './out-folder.js';
import { readTruth } from './read-truth.js';
import { writeRunRecord, type RunRecord } from './run-record.js';
import { runSession, type Session } from './run-session.js';
import { stageRecord } from './stage-record.js';
import { describeDetection, detectResultOf } from './stage-results.js';
import { summariseRun } from './summary.js';

/** Flags of `ubt detect`. */
export interface RunDetectFlags extends SubjectOptions, PlaceFlags, DetectFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly truth?: string;
}

/** Runs a detection alone and prints what came of it. @returns the exit code */
export async function runDetect(flags: RunDetectFlags, context: ActionContext): Promise<number> {
  const subject = await subjectOf(flags, context.config.dataDir);
  if (flags.truth !== undefined) await readTruth(flags.truth);
  const work = async (session: Session): Promise<RunRecord> => {
    // The plan names no further stage, so the run ends with the detection.
    const run = { runId: session.runId, plan: {} };
    const request = { requestId: randomUUID(), run, subject, options: detectOptions(flags) };
    const job = await session.follow('detector', await queueDetect(session, request));
    const result = detectResultOf(job);
    session.progress.done('detector', describeDetection(job, result));
    const detection = await collectDetection(session.collect, result, { lists: true, detectionModel: true });
    return { runId: session.runId, command: 'detect', detection, stages: [stageRecord(job)] };
  };
  const summary = await runSession(
    context,
    {
      command: 'detect',
      stages: ['detector'],
      place: flags,
      inputs: inputsOf(subject),
      out: flags.out,
      mayHoldFiles: flags.force === true,
      replaces: Object.values(RESULTS),
    },
    {
      work,
      async finish(record, { out, spans }) {
        const judgement = await judgeDetection(out.staging, flags.truth, record.detection?.threshold ?? 0);
        await keepTrace(out, spans);
        await writeRunRecord(out, record);
        return summariseRun({ record, out: out.path, judgement });
      },
    },
  );
  context.output.result(summary.data, summary.lines);
  return summary.exitCode;
}

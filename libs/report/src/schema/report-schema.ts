import { z } from 'zod';
import { inputsSchema, outputsSchema } from './artifact.js';
import { detectionSchema } from './detection.js';
import { comparisonSchema } from './metrics.js';
import { selectionSchema } from './selection.js';
import { unlearningSchema } from './unlearning.js';

/** One stage of the run. */
export const stageTimeSchema = z
  .object({
    stage: z.string().min(1).describe('detector, selector or unlearner.'),
    seconds: z.number().nonnegative().describe('Wall-clock time from acceptance to end, in seconds.'),
    attempts: z.int().positive().describe('Workers started for it; above 1 after a crash and a resume.'),
    jobName: z.string().describe('Name of its job: jobs/{id}.'),
    device: z.string().optional().describe('What it computed on, for example cpu or cuda.'),
    peakMemoryBytes: z
      .int()
      .nonnegative()
      .optional()
      .describe("Largest resident size of the stage's worker."),
  })
  .describe('Time and cost of one stage.');

/** Time and cost of one stage. */
export type StageTime = z.infer<typeof stageTimeSchema>;

/**
 * The report of a defence run: report.json. Stable within a `schemaVersion`: fields are only ever added, and
 * readers ignore those they do not know. A field that changes its meaning or goes away raises the version.
 */
export const reportSchema = z
  .object({
    schemaVersion: z.literal(1).describe('Version of this shape.'),
    ubtVersion: z.string().min(1).describe('Version of the software that wrote it.'),
    runId: z.string().min(1).describe('The run; its jobs, events and spans carry the same id.'),
    createdAt: z.iso.datetime({ offset: true }).describe('When it was written, RFC 3339.'),
    verdict: z
      .enum(['clean', 'backdoored', 'inconclusive'])
      .describe('Whether the model that came in carries a backdoor.'),
    outcome: z
      .enum(['untouched', 'repaired', 'not-repaired'])
      .describe('What became of it; a model without a finding is left byte for byte as it was.'),
    reasons: z.array(z.string()).describe('Why, in plain words, strongest first.'),
    inputs: inputsSchema,
    outputs: outputsSchema,
    metrics: comparisonSchema.optional().describe('Measured on the labelled set; absent without one.'),
    detection: detectionSchema,
    selection: selectionSchema,
    unlearning: unlearningSchema.optional().describe('Absent when nothing was unlearned.'),
    stages: z.array(stageTimeSchema).describe('The stages in the order in which they ran.'),
    reproduce: z.string().describe('The shell command that repeats the run.'),
  })
  .meta({ title: 'UBT report' })
  .describe('What a defence run found, did and measured.');

/** The report of a defence run: what report.json holds. */
export type Report = z.infer<typeof reportSchema>;

/** The JSON Schema (draft 2020-12) of report.json, made from {@link reportSchema}. */
export function reportJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(reportSchema, { io: 'input' }) };
}

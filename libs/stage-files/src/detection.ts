import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { readStageFile } from './parse-stage-file.js';
import { stageWorkSchema } from './stage-work.js';

/** Pairs whose images were embedded for the selector: the most suspicious ones, and some at random. */
const sampleSchema = z.object({
  /** Manifest rows, most suspicious first. */
  suspectRows: z.array(z.int().nonnegative()),
  /** Manifest rows drawn at random from all scored pairs. */
  randomRows: z.array(z.int().nonnegative()),
  /** Length of an embedding. */
  dimension: z.int().positive(),
});

/** detection.json: how the detection went, beside the scores. */
export const detectionSummarySchema = z.object({
  schemaVersion: z.literal(1),
  method: z.string(),
  /** The options in effect, by their names in the contract. */
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  scoredPairs: z.int().nonnegative(),
  skippedPairs: z.int().nonnegative(),
  /** The first skipped pairs; `row` counts from 0. */
  skipped: z.array(z.object({ row: z.int().nonnegative(), id: z.string(), reason: z.string() })),
  /** Score above which a single pair counts as suspicious. */
  threshold: z.number(),
  suspects: z.int().nonnegative(),
  /** Loss per optimiser step of the overfitting. */
  curve: z.array(z.object({ step: z.int().positive(), loss: z.number() })),
  work: stageWorkSchema,
  sample: sampleSchema,
});
export type DetectionSummary = z.infer<typeof detectionSummarySchema>;

/** What the detector leaves for the selector beside the scores. */
export interface DetectionEvidence {
  readonly summary: DetectionSummary;
  /** Unit-norm image embeddings of the suspect model `[suspectRows + randomRows, dimension]`, row-major. */
  readonly embeddings: Float32Array;
}

const SUMMARY = 'detection.json';
const EMBEDDINGS = 'sample-embeddings.f32';

/** Writes the evidence folder. */
export async function writeDetectionEvidence(folder: string, evidence: DetectionEvidence): Promise<void> {
  const { buffer, byteOffset, byteLength } = evidence.embeddings;
  await atomicWriteFile(join(folder, EMBEDDINGS), new Uint8Array(buffer, byteOffset, byteLength));
  await atomicWriteFile(join(folder, SUMMARY), `${JSON.stringify(evidence.summary, null, 2)}\n`);
}

/** Reads the evidence folder. @throws UbtError STAGE_FILE_MALFORMED */
export async function readDetectionEvidence(folder: string): Promise<DetectionEvidence> {
  const summary = await readStageFile(join(folder, SUMMARY), detectionSummarySchema);
  const bytes = await readFile(join(folder, EMBEDDINGS)).catch((error: unknown) => {
    throw UbtError.from(error);
  });
  const { suspectRows, randomRows, dimension } = summary.sample;
  const expected = (suspectRows.length + randomRows.length) * dimension * 4;
  if (bytes.byteLength !== expected) {
    throw new UbtError(
      'data-loss',
      `${folder}/${EMBEDDINGS} has ${bytes.byteLength} bytes, not ${expected}.`,
      {
        code: 'STAGE_FILE_MALFORMED',
        fix: 'Run the detection again.',
      },
    );
  }
  return { summary, embeddings: new Float32Array(Uint8Array.from(bytes).buffer) };
}

import { join } from 'node:path';
import { loadCheckpoint, saveCheckpoint, type Checkpoint, type ClipModel } from '@ubt/clip';
import { atomicWriteFile } from '@ubt/data';
import { readStageFile } from '@ubt/stage-files';
import { z } from 'zod';

/** detection-model.json: what it takes to score single pairs, beside the overfitted checkpoint. */
const detectionModelSchema = z.object({
  schemaVersion: z.literal(1),
  method: z.string(),
  /** Score above which a pair is suspicious. */
  threshold: z.number(),
  /** The suspect model that was overfitted. */
  suspect: z.object({ uri: z.string(), sha256: z.string() }),
});
export type DetectionModelFile = z.infer<typeof detectionModelSchema>;

const FILE = 'detection-model.json';
const OVERFITTED = 'overfitted';

/** Writes the folder of a prepared detection model. */
export async function writeDetectionModel(
  folder: string,
  file: DetectionModelFile,
  suspect: Checkpoint,
  overfitted: ClipModel,
): Promise<void> {
  await saveCheckpoint({ ...suspect, model: overfitted }, join(folder, OVERFITTED));
  await atomicWriteFile(join(folder, FILE), `${JSON.stringify(file, null, 2)}\n`);
}

/** What a detection model was made from. @throws UbtError STAGE_FILE_MALFORMED */
export const readDetectionModelFile = (folder: string): Promise<DetectionModelFile> =>
  readStageFile(join(folder, FILE), detectionModelSchema);

/** Loads it again; the caller disposes the overfitted model. @throws UbtError STAGE_FILE_MALFORMED */
export async function readDetectionModel(
  folder: string,
): Promise<{ file: DetectionModelFile; overfitted: Checkpoint }> {
  const file = await readDetectionModelFile(folder);
  return { file, overfitted: await loadCheckpoint(join(folder, OVERFITTED)) };
}

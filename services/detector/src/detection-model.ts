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
  /** Names of the overfitted models, each a checkpoint folder. */
  overfitted: z.array(z.string().regex(/^[a-z]+$/)),
  /** The suspect model that was overfitted. */
  suspect: z.object({ uri: z.string(), sha256: z.string() }),
});
export type DetectionModelFile = z.infer<typeof detectionModelSchema>;

const FILE = 'detection-model.json';

/** Writes the folder of a prepared detection model. */
export async function writeDetectionModel(
  folder: string,
  file: Omit<DetectionModelFile, 'schemaVersion' | 'overfitted'>,
  suspect: Checkpoint,
  overfitted: Readonly<Record<string, ClipModel>>,
): Promise<void> {
  for (const [name, model] of Object.entries(overfitted)) {
    await saveCheckpoint({ ...suspect, model }, join(folder, name));
  }
  const content: DetectionModelFile = { schemaVersion: 1, overfitted: Object.keys(overfitted), ...file };
  await atomicWriteFile(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/** What a detection model was made from. @throws UbtError STAGE_FILE_MALFORMED */
export const readDetectionModelFile = (folder: string): Promise<DetectionModelFile> =>
  readStageFile(join(folder, FILE), detectionModelSchema);

/** Loads it again; the caller disposes the models. @throws UbtError STAGE_FILE_MALFORMED */
export async function readDetectionModel(
  folder: string,
): Promise<{ file: DetectionModelFile; overfitted: Record<string, ClipModel> }> {
  const file = await readDetectionModelFile(folder);
  const overfitted: Record<string, ClipModel> = {};
  for (const name of file.overfitted) overfitted[name] = (await loadCheckpoint(join(folder, name))).model;
  return { file, overfitted };
}

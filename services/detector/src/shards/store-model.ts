import { createHash } from 'node:crypto';
import { MEDIA_TYPES, type Artifact, type ArtifactStore } from '@ubt/artifacts';
import { saveCheckpoint, type Checkpoint, type ClipModel } from '@ubt/clip';

/**
 * Stores a model of the suspect's shape for other processes, exactly, under a name made of its weights: what is there
 * already, from an earlier attempt, is not written again under the hands of those who read it.
 */
export async function storeModel(
  store: ArtifactStore,
  folder: string,
  suspect: Checkpoint,
  model: ClipModel,
): Promise<Artifact> {
  const name = `${folder}/models/${await weightsDigest(model)}`;
  const found = await store.find(name, MEDIA_TYPES.checkpoint);
  if (found !== undefined) return found;
  const { tokenizer, preprocess, config, format } = suspect;
  // Without a source it is written as float32, whatever type the suspect's weights are stored in.
  const checkpoint = { tokenizer, preprocess, config, format, model };
  return store.putFolder(name, MEDIA_TYPES.checkpoint, async (path) => {
    await saveCheckpoint(checkpoint, path);
  });
}

async function weightsDigest(model: ClipModel): Promise<string> {
  const hash = createHash('sha256');
  for (const name of [...model.weights.keys()].sort()) {
    const values = (await model.weights.get(name)!.data()) as Float32Array;
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex').slice(0, 32);
}

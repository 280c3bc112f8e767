import type { ArtifactStore } from '@ubt/artifacts';
import { disposeClip, embeddingModel, loadCheckpoint, type Checkpoint, type EmbeddingModel } from '@ubt/clip';
import type { Artifact, ScoringShard } from '@ubt/contracts';
import type { Precision } from '@ubt/engine';
import { freezeForPass } from '../domain/embed-pairs.js';

/** What prepares the pairs for a model. */
export type SuspectParts = Pick<Checkpoint, 'tokenizer' | 'preprocess' | 'config'> & {
  /** Digest of the checkpoint. */
  readonly sha256: string;
};

/** The models that shards are measured with, loaded and frozen: those of the last shard stay. */
export interface FrozenModels {
  suspectOf(shard: ScoringShard): Promise<SuspectParts>;
  /** By the names that the measure knows; they stay the holder's. */
  modelsOf(shard: ScoringShard): Promise<Readonly<Record<string, EmbeddingModel>>>;
}

interface Held {
  readonly parts: SuspectParts;
  readonly frozen: EmbeddingModel;
}

/** @param store gives the checkpoints, checked by their digests */
export function createFrozenModels(store: ArtifactStore): FrozenModels {
  const held = new Map<string, Held>();
  const keyOf = ({ sha256 }: Artifact, precision: string) => `${sha256} ${precision}`;
  const dropOthers = ({ suspect, models, precision }: ScoringShard) => {
    const wanted = new Set(
      [suspect!, ...models.map(({ model }) => model!)].map((one) => keyOf(one, precision)),
    );
    for (const [key, { frozen }] of [...held]) {
      if (wanted.has(key)) continue;
      held.delete(key);
      disposeClip(frozen.clip);
    }
  };
  const hold = async (artifact: Artifact, precision: string): Promise<Held> => {
    const known = held.get(keyOf(artifact, precision));
    if (known !== undefined) return known;
    const checkpoint = await loadCheckpoint(await store.fetch(artifact));
    try {
      const frozen = await freezeForPass(embeddingModel(checkpoint), precision as Precision);
      const { tokenizer, preprocess, config } = checkpoint;
      const loaded = { parts: { tokenizer, preprocess, config, sha256: artifact.sha256 }, frozen };
      held.set(keyOf(artifact, precision), loaded);
      return loaded;
    } finally {
      disposeClip(checkpoint.model);
    }
  };
  return {
    async suspectOf(shard) {
      dropOthers(shard);
      return (await hold(shard.suspect!, shard.precision)).parts;
    },
    async modelsOf(shard) {
      const named: [string, EmbeddingModel][] = [];
      for (const { name, model } of shard.models) {
        named.push([name, (await hold(model!, shard.precision)).frozen]);
      }
      return Object.fromEntries(named);
    },
  };
}

import { readFile, writeFile } from 'node:fs/promises';
import { toArtifactMessage, type Artifact, type ArtifactStore } from '@ubt/artifacts';
import type { Checkpoint, ClipModel, EmbeddingModel } from '@ubt/clip';
import { ScoringShard, type Artifact as ArtifactMessage } from '@ubt/contracts';
import { tooManyUndecodable, type UndecodableImage } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import type { MeasuringPass, PassRunner } from '../domain/pair-source.js';
import { decodePassState } from '../pass-state.js';
import { createResultCollector, type CollectOptions } from './collect-results.js';
import { cutPass, type PassPart } from './cut-pass.js';
import { mergeParts, type MeasuredPart } from './merge-parts.js';
import { markName, shardGroup, shardId, shardsFolder, type ShardJob } from './shard-names.js';
import { storeModel } from './store-model.js';

/** What a job's passes are split with. */
export interface ShardedPassesOptions extends Omit<CollectOptions, 'group'> {
  readonly job: ShardJob;
  readonly store: ArtifactStore;
  readonly suspect: Checkpoint;
  /** Models that are artefacts already, the suspect among them; others are stored when a pass needs them. */
  readonly stored: ReadonlyMap<ClipModel, ArtifactMessage>;
  readonly pairs: ArtifactMessage;
  /** Manifest rows of the pairs, ascending. */
  readonly usable: Uint32Array;
  /** No batch reaches over a multiple of this many pairs. */
  readonly stretch: number;
  /** Pairs of a shard, at least. */
  readonly shardPairs: number;
  readonly batchSize: number;
  readonly maxUndecodableShare: number;
  /** Gets the images that replicas could not decode, by path. */
  readonly undecodable: Map<string, UndecodableImage>;
}

/**
 * Runs a job's passes by sharing them out: cuts a pass, has the parts measured by whoever takes them from the queue,
 * and joins what they left in the store. Nothing is kept here that is not there: after a crash the next attempt finds
 * the results of the shards that are done, since equal shards have equal names.
 */
export function createShardedPasses(options: ShardedPassesOptions): PassRunner {
  const { store, job, suspect, usable } = options;
  const collector = createResultCollector({ ...options, group: shardGroup(job) });
  const stored = new Map(options.stored);
  let passes = 0;

  const artifactOf = async ({ clip }: EmbeddingModel): Promise<ArtifactMessage> => {
    const known = stored.get(clip);
    if (known !== undefined) return known;
    const artifact = toArtifactMessage(await storeModel(store, shardsFolder(job), suspect, clip));
    stored.set(clip, artifact);
    return artifact;
  };
  const order = async ({ measure, models, precision }: MeasuringPass): Promise<ScoringShard> => {
    const named: ScoringShard['models'] = [];
    for (const [name, model] of Object.entries(models)) {
      if (model !== undefined) named.push({ name, model: await artifactOf(model) });
    }
    return ScoringShard.fromPartial({
      ...{ ...job, pass: passes, measure, models: named, precision },
      ...{ suspect: stored.get(suspect.model)!, pairs: options.pairs, totalPairs: BigInt(usable.length) },
      ...{ batchSize: options.batchSize, maxUndecodableShare: options.maxUndecodableShare },
    });
  };

  /** As a pass in one process does, over what is known so far. */
  const checkDecodable = (undecodable: number, images: readonly UndecodableImage[]) => {
    const allowed = Math.floor(options.maxUndecodableShare * usable.length);
    if (undecodable <= allowed && undecodable < usable.length) return;
    throw tooManyUndecodable(undecodable, usable.length, options.maxUndecodableShare, images);
  };

  return {
    async run(pass, onPairs) {
      passes += 1;
      if (passes === 1) await store.putFile(markName(job), 'text/plain', (path) => writeFile(path, ''));
      const whole = await order(pass);
      const parts = new Map<string, PassPart>();
      const shards = new Map<string, ScoringShard>();
      for (const part of cutPass(usable.length, options.shardPairs, options.stretch)) {
        const shard = { ...whole, firstPair: BigInt(part.first), endPair: BigInt(part.end) };
        shards.set(shardId(shard), shard);
        parts.set(shardId(shard), part);
      }
      const found: MeasuredPart[] = [];
      const count = { measured: 0, undecodable: 0 };
      const images: UndecodableImage[] = [];
      onPairs(0);
      await collector.collect(shards, async (id, { measurements }) => {
        const part = parts.get(id)!;
        const { state, undecodable } = await readMeasurements(store, measurements);
        for (const image of undecodable) options.undecodable.set(image.imagePath, image);
        images.push(...undecodable);
        found.push({ part, rows: state.rows, columns: state.columns });
        count.measured += state.rows.length;
        count.undecodable += part.end - part.first - state.rows.length;
        onPairs(count.measured);
        checkDecodable(count.undecodable, images);
      });
      return mergeParts(found, usable);
    },
  };
}

/** Measurements from the store, checked by their digest. @throws UbtError SHARD_RESULT_TORN, ARTIFACT_DIGEST_MISMATCH */
export async function readMeasurements(
  store: ArtifactStore,
  artifact: Pick<Artifact, 'uri' | 'sha256'> | undefined,
) {
  const { uri = 'the result of a shard', sha256 = '' } = artifact ?? {};
  const isNamed = artifact !== undefined && sha256 !== '';
  const found = isNamed ? decodePassState(await readFile(await store.fetch(artifact))) : undefined;
  if (found !== undefined) return found;
  throw new UbtError('data-loss', `${uri} holds no measurements, or has no digest.`, {
    code: 'SHARD_RESULT_TORN',
    fix: 'Run all replicas of the detector in one version, and start the job again.',
  });
}

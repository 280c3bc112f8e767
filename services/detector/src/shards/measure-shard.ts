import { writeFile } from 'node:fs/promises';
import { toArtifactMessage, type Artifact, type ArtifactStore } from '@ubt/artifacts';
import type { ScoringShard, ScoringShardResult } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { Config } from '../config.js';
import { measureFrozen } from '../domain/embed-pairs.js';
import { measureOf } from '../domain/measures.js';
import { encodePassState } from '../pass-state.js';
import { checkShard } from './check-shard.js';
import { createFrozenModels } from './frozen-models.js';
import { createOpenPairs, type OpenPairs } from './open-pairs.js';
import { measurementsName, shardId } from './shard-names.js';
import { readMeasurements } from './sharded-passes.js';

/** Measures shards, one after the other; what they share (models, pairs, decoded images) stays loaded. */
export interface ShardMeasurer {
  /**
   * Measures a shard and stores what it measured, or finds that somebody has. A shard that is measured twice leaves the
   * same bytes.
   *
   * @throws UbtError SHARD_INVALID, SHARD_PAIRS_DIFFER, what the artefacts throw, `signal`'s reason
   */
  measure(shard: ScoringShard, signal: AbortSignal): Promise<ScoringShardResult>;
}

/** Needs a started engine by the time of the first shard. */
export function createShardMeasurer(config: Config, store: ArtifactStore): ShardMeasurer {
  const models = createFrozenModels(store);
  const pairs = createOpenPairs(config, store);
  return {
    async measure(shard, signal) {
      checkShard(shard);
      const name = measurementsName(shard);
      const found = await store.find(name, MEDIA_TYPE);
      if (found !== undefined) return resultOf(shard, found, await readMeasurements(store, found));
      const open = await pairs.open(shard, await models.suspectOf(shard));
      const { rows, columns } = await measureFrozen(
        open.source,
        await models.modelsOf(shard),
        measureOf(shard.measure),
        { signal, rows: rowsOf(shard, open), onBatch: () => undefined },
      );
      const undecodable = await undecodableAmong(shard, open, rows);
      const next = { pass: 0, place: Number(shard.endPair - shard.firstPair) };
      const bytes = encodePassState({ isDone: true, next, rows, columns }, undecodable);
      signal.throwIfAborted();
      const artifact = await store.putFile(name, MEDIA_TYPE, (path) => writeFile(path, bytes));
      return resultOf(shard, artifact, { state: { rows }, undecodable });
    },
  };
}

const MEDIA_TYPE = 'application/vnd.ubt.pass';

function resultOf(
  shard: ScoringShard,
  artifact: Artifact,
  { state, undecodable }: { state: { rows: readonly number[] }; undecodable: readonly unknown[] },
): ScoringShardResult {
  return {
    ...{ shard: shardId(shard), measurements: toArtifactMessage(artifact), error: undefined },
    ...{ pairs: BigInt(state.rows.length), undecodable: BigInt(undecodable.length) },
  };
}

/** Manifest rows of the shard. */
function rowsOf({ totalPairs, firstPair, endPair }: ScoringShard, { manifest }: OpenPairs): number[] {
  if (manifest.usable.length === Number(totalPairs)) {
    return [...manifest.usable.subarray(Number(firstPair), Number(endPair))];
  }
  const message = `${manifest.path} has ${manifest.usable.length} usable pairs here, ${totalPairs} where the job runs.`;
  throw new UbtError('failed-precondition', message, {
    code: 'SHARD_PAIRS_DIFFER',
    fix: 'Give all replicas of the detector the same version and the same roots.',
  });
}

/** The shard's images that could not be decoded, in this pass or in an earlier one. */
async function undecodableAmong(shard: ScoringShard, open: OpenPairs, measured: readonly number[]) {
  const known = new Set(measured);
  const left = rowsOf(shard, open).filter((row) => !known.has(row));
  const images = (await open.manifest.read(left)).map(({ imagePath }) =>
    open.source.undecodable.get(imagePath),
  );
  return images.filter((image) => image !== undefined);
}

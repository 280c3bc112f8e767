import { join } from 'node:path';
import type { ArtifactStore } from '@ubt/artifacts';
import type { ScoringShard } from '@ubt/contracts';
import type { PairManifest } from '@ubt/data';
import { stageFolders } from '@ubt/service-kit';
import { openStagePairs } from '@ubt/stage-files';
import type { Config } from '../config.js';
import { openPairSource, type DiskPairSource } from '../disk-pair-source.js';
import type { SuspectParts } from './frozen-models.js';

/** Pairs as a job reads them. */
export interface OpenPairs {
  readonly manifest: PairManifest;
  readonly source: DiskPairSource;
}

/** The pairs of the last shard, which stay open: opening a million of them takes longer than a shard. */
export interface PairsHolder {
  open(shard: ScoringShard, suspect: SuspectParts): Promise<OpenPairs>;
}

/** @param store gives the manifest, checked by its digest */
export function createOpenPairs(config: Config, store: ArtifactStore): PairsHolder {
  let held: (OpenPairs & { readonly key: string }) | undefined;
  const close = async () => {
    const old = held;
    held = undefined;
    await old?.source.close();
    await old?.manifest.close();
  };
  return {
    async open(shard, suspect) {
      const { pairs, batchSize, maxUndecodableShare } = shard;
      const key = JSON.stringify([pairs!.uri, pairs!.sha256, suspect.sha256, batchSize, maxUndecodableShare]);
      if (held?.key === key) return held;
      await close();
      const scratchDir = join(stageFolders(config, 'detector').work, 'shards');
      const manifest = await openStagePairs(await store.fetch(pairs!), {
        ...{ store, uri: pairs!.uri, artifactRoots: config.artifactRoots, scratchDir },
      });
      const source = await openPairSource(manifest, suspect, {
        ...{ batchSize, maxUndecodableShare, cacheDir: scratchDir },
        // Batches are read ahead of the one that the engine works on; the shard's own signal ends that one.
        signal: new AbortController().signal,
      });
      held = { key, manifest, source };
      return held;
    },
  };
}

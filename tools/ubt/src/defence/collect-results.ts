import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createArtifactStore, type S3Settings } from '@ubt/artifacts';
import type { Artifact, DetectResult, SelectResult, UnlearnResult } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { RESULTS } from './out-folder.js';
import { inFolder } from './run-record.js';

/** Copies a stage's artefact into a folder, checked against its digest. */
export type Collect = <A extends Artifact | undefined>(artifact: A, name: string) => Promise<A>;

/** Where artefacts in S3 are read from, and where their copies are made on the way. */
export interface CollectSources {
  readonly workFolder: string;
  readonly s3: S3Settings;
}

/**
 * Makes the function that copies artefacts into `folder`. The person who runs the command could read the
 * files anyhow, so any of this machine's, or of a bucket, will do; the digest says whether it is the one that
 * was meant.
 */
export function collectInto(folder: string, sources: CollectSources): Collect {
  return async (artifact, name) => {
    if (artifact === undefined) return artifact;
    const roots = ['/', ...bucketOf(artifact.uri)];
    const store = createArtifactStore({ ...sources, roots, writeRoot: folder });
    try {
      const source = await store.fetch(artifact);
      await cp(source, join(folder, name), { recursive: true, mode: constants.COPYFILE_FICLONE });
    } catch (error) {
      throw UbtError.from(error);
    }
    return inFolder(artifact, name) as typeof artifact;
  };
}

const bucketOf = (uri: string): string[] => /^s3:\/\/[^/]+/.exec(uri)?.slice(0, 1) ?? [];

/** Collects what detection left behind. The lists of pairs are left out when a selection refined them. */
export async function collectDetection(
  collect: Collect,
  result: DetectResult,
  { lists, detectionModel }: { lists: boolean; detectionModel: boolean },
): Promise<DetectResult> {
  return {
    ...result,
    scores: await collect(result.scores, scoresName(result)),
    evidence: await collect(result.evidence, RESULTS.evidence),
    detectionModel: detectionModel ? await collect(result.detectionModel, RESULTS.detectionModel) : undefined,
    suspectsCsv: lists ? await collect(result.suspectsCsv, RESULTS.suspects) : undefined,
    cleanPairsCsv: lists ? await collect(result.cleanPairsCsv, RESULTS.cleanPairs) : undefined,
  };
}

/** The scores' own name says how they are written. */
function scoresName({ scores }: DetectResult): string {
  return scores?.uri.endsWith(RESULTS.scoresParquet) === true ? RESULTS.scoresParquet : RESULTS.scores;
}

/** Collects what selection left behind; the report only when the chain ended there. */
export async function collectSelection(collect: Collect, result: SelectResult): Promise<SelectResult> {
  return {
    ...result,
    selection: await collect(result.selection, RESULTS.selection),
    suspectsCsv: await collect(result.suspectsCsv, RESULTS.suspects),
    cleanPairsCsv: await collect(result.cleanPairsCsv, RESULTS.cleanPairs),
    reportJson: await collect(result.reportJson, RESULTS.reportJson),
    reportHtml: await collect(result.reportHtml, RESULTS.reportHtml),
  };
}

/** Collects what unlearning left behind. */
export async function collectUnlearning(collect: Collect, result: UnlearnResult): Promise<UnlearnResult> {
  return {
    ...result,
    model: await collect(result.model, RESULTS.model),
    reportJson: await collect(result.reportJson, RESULTS.reportJson),
    reportHtml: await collect(result.reportHtml, RESULTS.reportHtml),
  };
}

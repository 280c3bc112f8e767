import { join } from 'node:path';
import type { Stage } from '@ubt/contracts';
import type { StageConfig } from './stage-config.js';

/** Where artefacts go; the stages of one installation share it, so that each can read what the others wrote. */
export const artifactsFolder = ({ dataDir }: Pick<StageConfig, 'dataDir'>): string =>
  join(dataDir, 'artifacts');

/** Where a stage keeps its job records and the jobs' own folders. */
export function stageFolders({ dataDir, workDir = dataDir }: Folders, stage: Stage) {
  return { jobs: join(workDir, stage, 'jobs'), work: join(workDir, stage, 'work') };
}

type Folders = Pick<StageConfig, 'dataDir'> & Partial<Pick<StageConfig, 'workDir'>>;

/**
 * What a stage's artefact store is made with: it writes to `UBT_ARTIFACT_STORE`, or below the data folder, and
 * reads from the roots too. Copies of what comes out of S3 are kept in the work folder.
 */
export function artifactPlaces(
  config: Pick<
    StageConfig,
    'dataDir' | 'workDir' | 'artifactRoots' | 'artifactStore' | 's3Endpoint' | 's3Region' | 's3PathStyle'
  >,
) {
  const { s3Endpoint: endpoint, s3Region: region, s3PathStyle: pathStyle } = config;
  return {
    roots: config.artifactRoots,
    writeRoot: config.artifactStore ?? artifactsFolder(config),
    workFolder: join(config.workDir ?? config.dataDir, 's3'),
    s3: {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(pathStyle === undefined ? {} : { pathStyle }),
    },
  };
}

/** The roots that are folders of this machine, where the files lie that a data file names. */
export const localRoots = ({ artifactRoots }: Pick<StageConfig, 'artifactRoots'>): string[] =>
  artifactRoots.filter((root) => !/^s3:/i.test(root));

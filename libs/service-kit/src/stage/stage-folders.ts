import { join } from 'node:path';
import type { Stage } from '@ubt/contracts';
import type { StageConfig } from './stage-config.js';

/** Where artefacts go; the stages of one installation share it, so that each can read what the others wrote. */
export const artifactsFolder = ({ dataDir }: Pick<StageConfig, 'dataDir'>): string =>
  join(dataDir, 'artifacts');

/** Where a stage keeps its job records and the jobs' own folders. */
export function stageFolders({ dataDir }: Pick<StageConfig, 'dataDir'>, stage: Stage) {
  return { jobs: join(dataDir, stage, 'jobs'), work: join(dataDir, stage, 'work') };
}

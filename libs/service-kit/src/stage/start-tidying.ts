import { isS3Uri, removeAbandoned } from '@ubt/artifacts';
import type { Logger } from '../telemetry/logger.js';
import type { StageConfig } from './stage-config.js';
import { artifactPlaces } from './stage-folders.js';

/** Work in the background of a service that has just started. */
export interface Tidying {
  /** Ends it, done or not. */
  stop(): Promise<void>;
}

/**
 * Removes what killed processes have left where artefacts are written; what is too young is found at a later start.
 * A service is as good without it: whatever keeps it from being done is logged.
 */
export function startTidying(config: StageConfig, logger: Logger): Tidying {
  const { writeRoot, workFolder } = artifactPlaces(config);
  const controller = new AbortController();
  const { signal } = controller;
  const tidy = async (): Promise<void> => {
    const folders = [...(isS3Uri(writeRoot) ? [] : [writeRoot]), workFolder];
    for (const folder of folders) {
      const removed = await removeAbandoned(folder, { signal });
      if (removed.length > 0) logger.info({ removed }, 'removed what a killed process had left');
    }
  };
  const done = tidy().catch((err: unknown) => {
    if (!signal.aborted) logger.warn({ err }, 'could not look for what killed processes have left');
  });
  return {
    stop: () => {
      controller.abort();
      return done;
    },
  };
}

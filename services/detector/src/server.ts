import { createArtifactStore } from '@ubt/artifacts';
import { DetectorService, DetectRequest, DetectResult, type DetectorServer } from '@ubt/contracts';
import {
  artifactPlaces,
  bidi,
  serveStage,
  unary,
  unpackJobMessage,
  type Environment,
  type JobRecord,
  type ServedStage,
  type StageDependencies,
} from '@ubt/service-kit';
import { UbtError } from '@ubt/errors';
import { readConfig, type Config } from './config.js';
import { detect } from './detect.handler.js';
import { scorePairs } from './score-pairs.handler.js';
import { createScorer } from './scorer.js';
import { createByteBudget } from './scoring/byte-budget.js';
import { startShardCompanion } from './shards/shard-companion.js';
import { DETECT_REQUEST, DETECT_RESULT } from './type-names.js';

/** Serves the detector. @throws UbtError CONFIG_INVALID, ROLE_NEEDS_NATS, PORT_IN_USE */
export async function serveDetector({
  env,
  ...dependencies
}: { readonly env: Environment } & StageDependencies): Promise<ServedStage> {
  const config = readConfig(env);
  checkRole(config);
  const store = createArtifactStore(artifactPlaces(config));
  const scorer = createScorer({ env, maxStreams: config.scoreStreams });
  const images = createByteBudget(config.scoreMegabytes * 2 ** 20);
  const served = await serveStage(
    {
      ...{ stage: 'detector', config, env },
      companion: (tools) => startShardCompanion({ config, env, store, ...tools }),
      worker: new URL('./detector.worker.js', import.meta.url),
      services: (manager, _logger, metrics) => {
        const implementation: DetectorServer = {
          detect: unary((request) => detect(request, manager, store, config)),
          scorePairs: bidi((requests, { signal }) =>
            scorePairs(requests, { scorer, store, metrics, images }, signal),
          ),
        };
        return [{ definition: DetectorService, implementation }];
      },
      runOf: (job) => requestOf(job)?.run,
      outcomeOf: (job) => ({ detection: resultOf(job) }),
    },
    dependencies,
  );
  return {
    ...served,
    stop: async () => {
      await served.stop();
      await scorer.stop();
    },
  };
}

const requestOf = ({ request }: JobRecord) => unpackJobMessage(DETECT_REQUEST, DetectRequest, request);

const resultOf = ({ result }: JobRecord) => unpackJobMessage(DETECT_RESULT, DetectResult, result);

function checkRole({ role, natsUrl }: Config): void {
  if (role !== 'shards' || natsUrl !== undefined) return;
  throw new UbtError('invalid-argument', 'UBT_ROLE is shards, and there is no NATS to take shards from.', {
    code: 'ROLE_NEEDS_NATS',
    fix: 'Set UBT_NATS_URL.',
  });
}

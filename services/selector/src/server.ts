import { createArtifactStore } from '@ubt/artifacts';
import {
  packAny,
  SelectorService,
  SelectRequest,
  SelectResult,
  type SelectorServer,
  type StageEvent,
} from '@ubt/contracts';
import {
  artifactPlaces,
  serveStage,
  unary,
  unpackJobMessage,
  type Environment,
  type JobRecord,
  type ServedStage,
  type StageDependencies,
} from '@ubt/service-kit';
import { readConfig } from './config.js';
import { select } from './select.handler.js';
import { SELECT_REQUEST, SELECT_RESULT } from './type-names.js';

/** Serves the selector. @throws UbtError CONFIG_INVALID, PORT_IN_USE */
export async function serveSelector({
  env,
  ...dependencies
}: { readonly env: Environment } & StageDependencies): Promise<ServedStage> {
  const config = readConfig(env);
  const store = createArtifactStore(artifactPlaces(config));
  return serveStage(
    {
      ...{ stage: 'selector', config, env },
      worker: new URL('./selector.worker.js', import.meta.url),
      services: (manager) => {
        const implementation: SelectorServer = {
          select: unary((request) => select(request, manager, store)),
        };
        return [{ definition: SelectorService, implementation }];
      },
      runOf: (job) => requestOf(job)?.run,
      outcomeOf: (job) => ({ detection: requestOf(job)?.detection, selection: resultOf(job) }),
      startsAfter: { stage: 'detector', submission },
    },
    dependencies,
  );
}

/** The selection that a detector's completion asks for; none when the plan ends there. */
function submission({ run, detection }: StageEvent) {
  if (run?.plan?.select === undefined || detection === undefined) return undefined;
  const request: SelectRequest = {
    requestId: `${run.runId}:selector`,
    run,
    detection,
    options: run.plan.select,
  };
  return { request: packAny(SELECT_REQUEST, SelectRequest, request) };
}

const requestOf = ({ request }: JobRecord) => unpackJobMessage(SELECT_REQUEST, SelectRequest, request);

const resultOf = ({ result }: JobRecord) => unpackJobMessage(SELECT_RESULT, SelectResult, result);

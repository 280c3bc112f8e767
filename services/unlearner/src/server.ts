import { createArtifactStore } from '@ubt/artifacts';
import {
  packAny,
  UnlearnerService,
  UnlearnRequest,
  UnlearnResult,
  Verdict,
  type StageEvent,
  type UnlearnerServer,
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
import { UNLEARN_REQUEST, UNLEARN_RESULT } from './type-names.js';
import { unlearn } from './unlearn.handler.js';

/** Serves the unlearner. @throws UbtError CONFIG_INVALID, PORT_IN_USE */
export async function serveUnlearner({
  env,
  ...dependencies
}: { readonly env: Environment } & StageDependencies): Promise<ServedStage> {
  const config = readConfig(env);
  const store = createArtifactStore(artifactPlaces(config));
  return serveStage(
    {
      ...{ stage: 'unlearner', config, env },
      worker: new URL('./unlearner.worker.js', import.meta.url),
      services: (manager) => {
        const implementation: UnlearnerServer = {
          unlearn: unary((request) => unlearn(request, manager, store)),
        };
        return [{ definition: UnlearnerService, implementation }];
      },
      runOf: (job) => requestOf(job)?.run,
      outcomeOf: (job) => ({
        detection: requestOf(job)?.detection,
        selection: requestOf(job)?.selection,
        unlearning: resultOf(job),
      }),
      startsAfter: { stage: 'selector', submission },
    },
    dependencies,
  );
}

/** The unlearning that a selector's completion asks for; none when the plan or the verdict ends the run there. */
function submission({ run, detection, selection }: StageEvent) {
  const options = run?.plan?.unlearn;
  if (run === undefined || options === undefined || detection === undefined || selection === undefined)
    return undefined;
  if (selection.verdict !== Verdict.VERDICT_BACKDOORED && !options.force) return undefined;
  const request: UnlearnRequest = { requestId: `${run.runId}:unlearner`, run, detection, selection, options };
  return { request: packAny(UNLEARN_REQUEST, UnlearnRequest, request) };
}

const requestOf = ({ request }: JobRecord) => unpackJobMessage(UNLEARN_REQUEST, UnlearnRequest, request);

const resultOf = ({ result }: JobRecord) => unpackJobMessage(UNLEARN_RESULT, UnlearnResult, result);

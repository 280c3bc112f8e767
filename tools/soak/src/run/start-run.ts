import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { DetectorService, DetectRequest, type Plan } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { connect } from '@ubt/service-kit';
import { TINY_MODELS } from '@ubt/test-kit';
import type { World } from '../world/open-world.js';

const PLAN = {
  select: { topSuspects: 64, unlearnPairs: 16, retainPairs: 200 },
  unlearn: { maxSteps: 20, retainBatchSize: 64 },
};
const PAUSE_MS = 300;

const artifact = (path: string) => ({ uri: pathToFileURL(path).href });

/**
 * Asks the detector for a whole defence, again and again under the same request id until it has accepted, as a client
 * of a service that may be down has to.
 *
 * @throws UbtError the last refusal, after `limitMs`
 */
export async function startRun(world: World, runId: string, limitMs: number): Promise<void> {
  const request = DetectRequest.fromPartial({
    requestId: runId,
    run: { runId, plan: PLAN as unknown as Plan },
    subject: {
      ...{ model: artifact(TINY_MODELS.backdoored), referenceModel: artifact(TINY_MODELS.clean) },
      pairs: artifact(world.data.pairs),
    },
    // Small batches make many places at which the work can be cut.
    options: { method: 'reference-similarity', batchSize: 2 },
  });
  const end = performance.now() + limitMs;
  for (;;) {
    const service = world.stage('detector');
    const client = service && connect(DetectorService, service.address);
    try {
      await client?.detect(request);
      if (client !== undefined) return;
    } catch (thrown) {
      const error = UbtError.from(thrown);
      if (!error.retryable || performance.now() > end) throw error;
    } finally {
      client?.close();
    }
    await sleep(PAUSE_MS);
  }
}

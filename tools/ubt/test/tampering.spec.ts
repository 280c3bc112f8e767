import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { DetectResult, JobState, unpackAny } from '@ubt/contracts';
import { createJetStreamBus, type IncomingEvent } from '@ubt/service-kit';
import { TINY_MODELS, waitFor, writeTinyData } from '@ubt/test-kit';
import { jobCount, openChain, startRun, succeeded, type StageChain } from './three-services.js';

jest.setTimeout(180_000);
let chain: StageChain;
beforeEach(async () => {
  chain = await openChain();
});
afterEach(() => chain.close());

it('a run stops, with the reason and an event, when an artefact has changed between two stages', async () => {
  const data = await writeTinyData(join(chain.folder, 'data'), {
    pairs: 240,
    poisoned: 24,
    mislabelled: 0,
  });
  const detector = await chain.start('detector');
  await startRun(detector, {
    runId: 'tampered',
    data,
    model: TINY_MODELS.backdoored,
    reference: TINY_MODELS.clean,
    plan: { select: { topSuspects: 32, unlearnPairs: 8, retainPairs: 100 }, unlearn: { maxSteps: 5 } },
  });
  const detected = await succeeded(detector, 'tampered');
  const { scores } = unpackAny('ubt.detector.v1.DetectResult', DetectResult, detected.result!)!;
  // One digit of one score: nothing that parsing the file would notice.
  const path = fileURLToPath(scores!.uri);
  const text = await readFile(path, 'utf8');
  const changed = text.replace(
    /("score":-?\d+\.\d*?)(\d)(?=[,}])/,
    (_, head: string, digit: string) => `${head}${(Number(digit) + 1) % 10}`,
  );
  expect(changed).not.toBe(text);
  await writeFile(path, changed);

  const bus = createJetStreamBus({ servers: [chain.nats.url] });
  const failures: IncomingEvent[] = [];
  bus.subscribe({
    durable: 'spec',
    subjects: ['ubt.v1.tampered.selector.failed'],
    handler: (event) => Promise.resolve(void failures.push(event)),
  });
  const [selector, unlearner] = await Promise.all([chain.start('selector'), chain.start('unlearner')]);
  const job = await waitFor(
    async () => {
      const [found] = (await selector.jobs.listJobs({ pageSize: 10, pageToken: '', runId: 'tampered' })).jobs;
      return found?.state === JobState.JOB_STATE_FAILED ? found : undefined;
    },
    { what: 'the failure of the selector' },
  );
  expect(job.error).toMatchObject({ code: 15, reason: 'ARTIFACT_DIGEST_MISMATCH' });
  expect(job.error!.message).toContain('scores.jsonl');
  await waitFor(() => failures.length > 0);
  await bus.close(500);
  expect(await jobCount(unlearner, 'tampered')).toBe(0);
});

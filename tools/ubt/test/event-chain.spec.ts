import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { digestFolder } from '@ubt/artifacts';
import { SelectResult, unpackAny, UnlearnResult, Verdict, type Job } from '@ubt/contracts';
import { parseReport } from '@ubt/report';
import { TINY_MODELS, waitFor, writeTinyData } from '@ubt/test-kit';
import { jobCount, openChain, startRun, succeeded, type StageChain } from './three-services.js';

jest.setTimeout(180_000);
let chain: StageChain;
beforeEach(async () => {
  chain = await openChain();
});
afterEach(() => chain.close());

const poisonedData = () =>
  writeTinyData(join(chain.folder, 'data'), { pairs: 480, poisoned: 40, mislabelled: 0 });
const plan = {
  select: { topSuspects: 64, unlearnPairs: 16, retainPairs: 200 },
  unlearn: { maxSteps: 10, retainBatchSize: 64 },
};
const poisonedRun = { model: TINY_MODELS.backdoored, reference: TINY_MODELS.clean, plan };

const selectResult = (job: Job) => unpackAny('ubt.selector.v1.SelectResult', SelectResult, job.result!)!;
const unlearnResult = (job: Job) => unpackAny('ubt.unlearner.v1.UnlearnResult', UnlearnResult, job.result!)!;

it('goes from one call to a repaired model by events alone, also over a service that was down', async () => {
  const data = await poisonedData();
  const [detector, selector] = [await chain.start('detector'), await chain.start('selector')];
  await startRun(detector, { runId: 'run-1', data, ...poisonedRun });
  await succeeded(detector, 'run-1');
  const selected = selectResult(await succeeded(selector, 'run-1'));
  expect(selected.verdict).toBe(Verdict.VERDICT_BACKDOORED);
  expect(selected.compromisedTokens[0]!.token).toBe('banana');
  // Both are gone before the unlearner ever started: the event waits for it.
  await Promise.all([detector.stop(), selector.stop()]);
  const unlearner = await chain.start('unlearner');
  const { model, reportJson } = unlearnResult(await succeeded(unlearner, 'run-1'));
  const folder = fileURLToPath(model!.uri);
  expect((await digestFolder(folder, [folder])).sha256).toBe(model!.sha256);
  const report = parseReport(await readFile(fileURLToPath(reportJson!.uri), 'utf8'), 'report.json');
  expect(report).toMatchObject({ runId: 'run-1', verdict: 'backdoored' });
  expect(report.stages.map(({ stage }) => stage)).toEqual(['detector', 'selector', 'unlearner']);
});

it('ends with a clean verdict and leaves the model as it was', async () => {
  const data = await writeTinyData(join(chain.folder, 'data'), { pairs: 600, mislabelled: 48 });
  const before = (await digestFolder(TINY_MODELS.clean, [TINY_MODELS.clean])).sha256;
  const stages = await Promise.all([
    chain.start('detector'),
    chain.start('selector'),
    chain.start('unlearner'),
  ]);
  const [detector, selector, unlearner] = stages;
  const given = { runId: 'clean', data, model: TINY_MODELS.clean, method: 'similarity' };
  await startRun(detector, { ...given, plan: { ...plan, select: { topSuspects: 16 } } });
  const result = selectResult(await succeeded(selector, 'clean'));
  expect(result.verdict).toBe(Verdict.VERDICT_CLEAN);
  const report = parseReport(await readFile(fileURLToPath(result.reportJson!.uri), 'utf8'), 'report.json');
  expect(report.outcome).toBe('untouched');
  await sleep(1_500);
  expect(await jobCount(unlearner, 'clean')).toBe(0);
  expect((await digestFolder(TINY_MODELS.clean, [TINY_MODELS.clean])).sha256).toBe(before);
});

it('stops where the plan stops', async () => {
  const data = await poisonedData();
  const [detector, selector] = await Promise.all([chain.start('detector'), chain.start('selector')]);
  await startRun(detector, { runId: 'detect-only', data, ...poisonedRun, plan: {} });
  await succeeded(detector, 'detect-only');
  await startRun(detector, { runId: 'no-unlearning', data, ...poisonedRun, plan: { select: plan.select } });
  const { reportJson } = selectResult(await succeeded(selector, 'no-unlearning'));
  expect(reportJson).toBeDefined();
  expect(await jobCount(selector, 'detect-only')).toBe(0);
});

it('starts without NATS, loses it in the middle, and finishes when it is back', async () => {
  const data = await poisonedData();
  await chain.nats.kill();
  const [detector, selector] = await Promise.all([chain.start('detector'), chain.start('selector')]);
  expect(await detector.health.check('ubt.detector.v1.Detector')).toBe('SERVING');
  await startRun(detector, { runId: 'outage', data, ...poisonedRun, plan: { select: plan.select } });
  // The work itself needs no broker; only what follows waits.
  await succeeded(detector, 'outage');
  expect(await jobCount(selector, 'outage')).toBe(0);
  await chain.nats.restart();
  await succeeded(selector, 'outage');

  await chain.nats.kill();
  await startRun(detector, { runId: 'again', data, ...poisonedRun, plan: { select: plan.select } });
  await succeeded(detector, 'again');
  // A service that is killed before it could tell tells when it is back.
  await detector.kill();
  await chain.nats.restart();
  await chain.start('detector');
  await succeeded(selector, 'again');
  await waitFor(async () => (await jobCount(selector, 'outage')) === 1);
});

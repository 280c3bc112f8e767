import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { digestFolder } from '@ubt/artifacts';
import { loadTokenizer, openCheckpoint } from '@ubt/clip';
import {
  JobsService,
  JobState,
  Outcome,
  unpackAny,
  UnlearnerService,
  UnlearnRequest,
  UnlearnResult,
  Verdict,
  type Job,
} from '@ubt/contracts';
import { parseReport } from '@ubt/report';
import { connect, type ServiceClient } from '@ubt/service-kit';
import { writeDetectionEvidence, writeScores, writeSelection, type SelectionFile } from '@ubt/stage-files';
import {
  HealthService,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  waitFor,
  writeTinyData,
  type ServiceProcess,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { tinySelection } from './tiny-unlearning.js';

const PAIRS = 240;

let directory: TemporaryDirectory;
let data: TinyData;
let service: ServiceProcess;
let unlearner: ServiceClient<typeof UnlearnerService>;
let jobs: ServiceClient<typeof JobsService>;
let health: ServiceClient<typeof HealthService>;
let selection: SelectionFile;

beforeAll(async () => {
  directory = await temporaryDirectory('ubt-unlearner-');
  const given = { pairs: PAIRS, poisoned: 24, mislabelled: 0, evaluationPerClass: 4 };
  data = await writeTinyData(join(directory.path, 'data'), given);
  const tokenizer = await loadTokenizer(TINY_MODELS.backdoored, 10, 'hugging-face');
  selection = tinySelection(data.poisonedRows, PAIRS, { tokenizer });
  await writeInputs('usual', selection);
  await writeInputs('nothing', { ...selection, unlearnRows: [], heldOutRows: [], suspectRows: [] });
  await writeInputs('little', { ...selection, retainRows: selection.retainRows.slice(0, 4) });
  service = await startServiceProcess({
    main: new URL('../dist/main.js', import.meta.url),
    env: {
      ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'warn', UBT_DATA_DIR: join(directory.path, 'service') },
      ...{ UBT_CHECKPOINT_SECONDS: '0', UBT_THREADS: '1' },
      UBT_ARTIFACT_ROOTS: [join(directory.path, 'data'), join(TINY_MODELS.clean, '..')].join(','),
    },
  });
  unlearner = connect(UnlearnerService, service.address);
  jobs = connect(JobsService, service.address);
  health = connect(HealthService, service.address);
});
afterAll(async () => {
  for (const client of [unlearner, jobs, health]) client.close();
  await service.stop();
  await directory.remove();
});
afterEach(async () => {
  expect(await health.check('ubt.unlearner.v1.Unlearner')).toBe('SERVING');
});

/** What a detector and a selector would have left. */
async function writeInputs(name: string, content: SelectionFile): Promise<void> {
  const folder = join(directory.path, 'data', name);
  await mkdir(folder, { recursive: true });
  const rows = [...Array(PAIRS).keys()];
  await writeScores(
    join(folder, 'scores.jsonl'),
    rows.map((row) => ({ row, id: `${row}`, score: data.poisonedRows.includes(row) ? 1 : 0, signals: {} })),
  );
  await writeDetectionEvidence(join(folder, 'evidence'), {
    summary: {
      ...{ schemaVersion: 1, method: 'overfit-span', parameters: { seed: 0 } },
      ...{ scoredPairs: PAIRS, skippedPairs: 0, skipped: [], threshold: 0.5, suspects: 24 },
      ...{
        curve: [],
        work: { jobName: 'jobs/1', attempts: 1, seconds: 1 },
        sample: { suspectRows: [0], randomRows: [1], dimension: 1 },
      },
    },
    embeddings: Float32Array.of(1, 1),
  });
  await writeSelection(join(folder, 'selection.json'), content);
}

const artifact = (path: string) => ({ uri: pathToFileURL(path).href });

function request(id: string, { inputs = 'usual', options = {}, evaluate = false } = {}): UnlearnRequest {
  const folder = join(directory.path, 'data', inputs);
  const evaluation = {
    ...{ images: artifact(data.evaluation), classes: artifact(data.classes) },
    trigger: artifact(data.trigger),
  };
  return UnlearnRequest.fromPartial({
    requestId: id,
    ...(evaluate ? { run: { runId: `run-${id}`, plan: { unlearn: {}, evaluation } } } : {}),
    detection: {
      ...{ scores: artifact(join(folder, 'scores.jsonl')), evidence: artifact(join(folder, 'evidence')) },
      subject: {
        ...{ model: artifact(TINY_MODELS.backdoored), pairs: artifact(data.pairs) },
        referenceModel: artifact(TINY_MODELS.clean),
      },
    },
    selection: {
      ...{ verdict: Verdict.VERDICT_BACKDOORED, selection: artifact(join(folder, 'selection.json')) },
    },
    options: { maxSteps: 20, learningRate: 1e-3, retainBatchSize: 64, ...options },
  });
}

async function ended({ job }: { job?: Job | undefined }): Promise<Job> {
  let last = job!;
  for await (const update of jobs.watchJob({ name: last.name, afterSequence: 0n })) last = update.job!;
  return last;
}

const resultOf = (job: Job) => unpackAny('ubt.unlearner.v1.UnlearnResult', UnlearnResult, job.result!)!;

describe('Unlearn', () => {
  it('writes a model without the backdoor, and the report that says so', async () => {
    const suspectBefore = (await digestFolder(TINY_MODELS.backdoored, [TINY_MODELS.backdoored])).sha256;
    const job = await ended(await unlearner.unlearn(request('repair', { evaluate: true })));
    expect(job.error).toBeUndefined();
    const { model, before, after, reportJson, reportHtml, outcome, steps } = resultOf(job);
    expect(before!.attackSuccessRate).toBeGreaterThan(0.5);
    expect(after!.attackSuccessRate).toBeLessThan(0.1);
    expect(after!.cleanAccuracy).toBeGreaterThan(before!.cleanAccuracy - 0.15);
    expect(after!.triggeredAccuracy).toBeGreaterThan(before!.triggeredAccuracy! + 0.3);
    expect(steps).toBeGreaterThan(0);
    const folder = fileURLToPath(model!.uri);
    expect((await digestFolder(folder, [folder])).sha256).toBe(model!.sha256);
    expect((await readdir(folder)).sort()).toEqual((await readdir(TINY_MODELS.backdoored)).sort());
    expect((await openCheckpoint(folder)).config).toEqual(
      (await openCheckpoint(TINY_MODELS.backdoored)).config,
    );
    const report = parseReport(await readFile(fileURLToPath(reportJson!.uri), 'utf8'), 'report.json');
    expect(report.outcome).toBe(outcome === Outcome.OUTCOME_REPAIRED ? 'repaired' : 'not-repaired');
    expect(report.metrics!.reference!.cleanAccuracy).toBeGreaterThan(0.5);
    expect(report.unlearning!.keptStep).toBe(steps);
    expect(await readFile(fileURLToPath(reportHtml!.uri), 'utf8')).toContain('run-repair');
    expect((await digestFolder(TINY_MODELS.backdoored, [TINY_MODELS.backdoored])).sha256).toBe(suspectBefore);
  });

  it('goes on from its last checkpoint when its worker is killed', async () => {
    const given = request('kill', { options: { maxSteps: 40, learningRate: 1e-6 } });
    const { job } = await unlearner.unlearn(given);
    const work = join(directory.path, 'service/unlearner/work', job!.name.slice('jobs/'.length));
    const state = await waitFor(
      async () => (await readdir(work).catch(() => [])).find((name) => /^state-\d+\.json$/.test(name)),
      { what: 'a checkpoint' },
    );
    process.kill(Number(await readFile(join(work, 'worker.pid'), 'utf8')), 'SIGKILL');
    const steps: number[] = [];
    for await (const update of jobs.watchJob({ name: job!.name, afterSequence: 0n })) {
      const { attempt, progress } = update.job!;
      if (attempt === 2 && progress?.phase === 'unlearning') steps.push(Number(progress.done));
    }
    const last = (await jobs.getJob({ name: job!.name })).job!;
    expect(last).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
    expect(Math.max(...steps)).toBe(40);
    const [, reached] = /(\d+)/.exec(state)!;
    const curve = parseReport(
      await readFile(fileURLToPath(resultOf(last).reportJson!.uri), 'utf8'),
      'report.json',
    ).unlearning!.curve.map(({ step }) => step);
    // One curve over both workers, without a gap or a repetition.
    expect(new Set(curve).size).toBe(curve.length);
    expect(curve).toContain(Number(reached));
    expect(curve.at(-1)).toBe(40);
    // The record is written first.
    await waitFor(
      () =>
        readdir(work).then(
          () => undefined,
          () => true,
        ),
      {
        ...{ what: 'an ended job’s working folder to go' },
      },
    );
  });

  it('cancels within two seconds', async () => {
    const given = request('cancel', { options: { maxSteps: 10_000, learningRate: 1e-7 } });
    const { job } = await unlearner.unlearn(given);
    await waitFor(
      async () => (await jobs.getJob({ name: job!.name })).job!.progress?.phase === 'unlearning',
      { what: 'the unlearning' },
    );
    const asked = performance.now();
    await jobs.cancelJob({ name: job!.name });
    const last = await ended({ job });
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(last.state).toBe(JobState.JOB_STATE_CANCELLED);
  });

  it.each([
    ['a selection without pairs', { inputs: 'nothing' }, 'UNLEARN_SET_EMPTY'],
    ['too little to retain', { inputs: 'little' }, 'RETAIN_SET_TOO_SMALL'],
  ])('fails on %s', async (_, given, reason) => {
    const { state, error } = await ended(await unlearner.unlearn(request(reason, given)));
    expect({ state, reason: error?.reason }).toEqual({ state: JobState.JOB_STATE_FAILED, reason });
    expect(error!.fix).not.toBe('');
  });

  it('refuses options out of range and missing fields at once', async () => {
    const given = request('range', { options: { maxSteps: 0, learningRate: 2 } });
    await expect(unlearner.unlearn(given)).rejects.toMatchObject({
      kind: 'invalid-argument',
      violations: [{ field: 'options.max_steps' }, { field: 'options.learning_rate' }],
    });
    const empty = UnlearnRequest.fromPartial({ requestId: 'empty' });
    await expect(unlearner.unlearn(empty)).rejects.toMatchObject({
      violations: expect.arrayContaining([{ field: 'selection.selection.uri', reason: 'is missing' }]),
    });
  });
});

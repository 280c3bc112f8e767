import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  JobsService,
  JobState,
  SelectorService,
  SelectRequest,
  SelectResult,
  unpackAny,
  Verdict,
  type Job,
} from '@ubt/contracts';
import { parseReport } from '@ubt/report';
import { connect, type ServiceClient } from '@ubt/service-kit';
import { readSelection, writeDetectionEvidence, writeScores } from '@ubt/stage-files';
import {
  HealthService,
  randomNumbers,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type ServiceProcess,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';

const PAIRS = 480;
const DIMENSION = 4;

let directory: TemporaryDirectory;
let data: TinyData;
let service: ServiceProcess;
let selector: ServiceClient<typeof SelectorService>;
let jobs: ServiceClient<typeof JobsService>;
let health: ServiceClient<typeof HealthService>;

async function open(): Promise<void> {
  service = await startServiceProcess({
    main: new URL('../dist/main.js', import.meta.url),
    env: {
      ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'warn', UBT_DATA_DIR: join(directory.path, 'service') },
      UBT_ARTIFACT_ROOTS: [join(directory.path, 'data'), join(TINY_MODELS.clean, '..')].join(','),
    },
  });
  selector = connect(SelectorService, service.address);
  jobs = connect(JobsService, service.address);
  health = connect(HealthService, service.address);
}

function leave(): void {
  for (const client of [selector, jobs, health]) client.close();
}

beforeAll(async () => {
  directory = await temporaryDirectory('ubt-selector-');
  data = await writeTinyData(join(directory.path, 'data'), { pairs: PAIRS, poisoned: 36, mislabelled: 12 });
  await writeDetection('poisoned', data.poisonedRows);
  await writeDetection('clean', []);
  await open();
});
afterAll(async () => {
  leave();
  await service.stop();
  await directory.remove();
});
afterEach(async () => {
  expect(await health.check('ubt.selector.v1.Selector')).toBe('SERVING');
});

/** What a detector would have left that found these rows. */
async function writeDetection(name: string, found: readonly number[]): Promise<void> {
  const folder = join(directory.path, 'data', name);
  await mkdir(folder, { recursive: true });
  const random = randomNumbers(3);
  const rows = [...Array(PAIRS).keys()];
  const score = new Map(rows.map((row) => [row, (found.includes(row) ? 1 : 0) + 0.1 * random()]));
  const ids = (await readFile(data.pairs, 'utf8')).split('\n').slice(1);
  await writeScores(
    join(folder, 'scores.jsonl'),
    rows.map((row) => ({
      ...{ row, id: ids[row]!.split(',')[0]!, score: score.get(row)! },
      signals: { similarity: 0.5 - score.get(row)! / 2 },
    })),
  );
  const suspectRows = rows.sort((a, b) => score.get(b)! - score.get(a)!).slice(0, 200);
  const randomRows = rows.filter((row) => row % 5 === 0);
  const axis = (row: number) => (found.includes(row) ? 0 : 1 + Math.floor(random() * (DIMENSION - 1)));
  const embeddings = Float32Array.from(
    [...suspectRows, ...randomRows].flatMap((row) => {
      const at = axis(row);
      const sign = at === 0 || random() < 0.5 ? 1 : -1;
      return Array.from({ length: DIMENSION }, (_, k) => (k === at ? sign : 0));
    }),
  );
  await writeDetectionEvidence(join(folder, 'evidence'), {
    summary: {
      ...{ schemaVersion: 1, method: 'overfit-span', parameters: { seed: 0 } },
      ...{ scoredPairs: PAIRS, skippedPairs: 0, skipped: [], threshold: 0.5, suspects: found.length },
      ...{
        curve: [],
        work: { jobName: 'jobs/1', attempts: 1, seconds: 1 },
        sample: { suspectRows, randomRows, dimension: DIMENSION },
      },
    },
    embeddings,
  });
}

const artifact = (path: string) => ({ uri: pathToFileURL(path).href });

function request(
  id: string,
  detection: string,
  given: Partial<Parameters<typeof SelectRequest.fromPartial>[0]> = {},
): SelectRequest {
  const folder = join(directory.path, 'data', detection);
  return SelectRequest.fromPartial({
    requestId: id,
    options: { unlearnPairs: 16, retainPairs: 100 },
    detection: {
      scores: artifact(join(folder, 'scores.jsonl')),
      evidence: artifact(join(folder, 'evidence')),
      subject: { model: artifact(TINY_MODELS.backdoored), pairs: artifact(data.pairs) },
      ...{ method: 'overfit-span', scoredPairs: BigInt(PAIRS), threshold: 0.5 },
    },
    ...given,
  });
}

async function ended({ job }: { job?: Job | undefined }): Promise<Job> {
  let last = job!;
  for await (const update of jobs.watchJob({ name: last.name, afterSequence: 0n })) last = update.job!;
  return last;
}

const resultOf = (job: Job) => unpackAny('ubt.selector.v1.SelectResult', SelectResult, job.result!)!;
const textOf = (artifact: { uri: string } | undefined) => readFile(fileURLToPath(artifact!.uri), 'utf8');

describe('Select', () => {
  it('names the target, chooses the poisoned pairs and lists them', async () => {
    const job = await ended(await selector.select(request('backdoored', 'poisoned')));
    expect(job.state).toBe(JobState.JOB_STATE_SUCCEEDED);
    const result = resultOf(job);
    expect(result.verdict).toBe(Verdict.VERDICT_BACKDOORED);
    expect(result.compromisedTokens.map(({ token }) => token)).toEqual(['banana']);
    expect(result.reasons[0]).toContain('banana');
    const selection = await readSelection(fileURLToPath(result.selection!.uri));
    expect(selection.unlearnRows).toHaveLength(16);
    for (const row of selection.unlearnRows) expect(data.poisonedRows).toContain(row);
    for (const row of selection.retainRows) expect(data.poisonedRows).not.toContain(row);
    expect([...selection.suspectRows].sort((a, b) => a - b)).toEqual(data.poisonedRows);
    expect((await textOf(result.suspectsCsv)).trimEnd().split('\n')).toHaveLength(37);
    const kept = (await textOf(result.cleanPairsCsv)).trimEnd().split('\n');
    expect(kept).toHaveLength(1 + PAIRS - 36);
    // Called alone there is no run to report.
    expect(result.reportJson).toBeUndefined();
  });

  it('finds nothing in clean pairs, and ends the run with a report', async () => {
    const run = { runId: 'clean-run', plan: { select: {}, unlearn: {} } };
    const job = await ended(await selector.select(request('clean', 'clean', { run })));
    const result = resultOf(job);
    expect(result).toMatchObject({ verdict: Verdict.VERDICT_CLEAN, unlearnPairs: 0, compromisedTokens: [] });
    const report = parseReport(await textOf(result.reportJson), 'report.json');
    expect(report).toMatchObject({ runId: 'clean-run', verdict: 'clean', outcome: 'untouched' });
    expect(await textOf(result.reportHtml)).toContain('clean-run');
  });

  it('leaves the report to the unlearner when the plan goes on', async () => {
    const run = { runId: 'whole-run', plan: { select: {}, unlearn: {} } };
    const result = resultOf(await ended(await selector.select(request('goes-on', 'poisoned', { run }))));
    expect(result.verdict).toBe(Verdict.VERDICT_BACKDOORED);
    expect(result.reportJson).toBeUndefined();
  });

  it('reports a backdoor that the plan leaves in as found, in a model that nothing touched', async () => {
    const run = { runId: 'found-only', plan: { select: {} } };
    const result = resultOf(await ended(await selector.select(request('found-only', 'poisoned', { run }))));
    const report = parseReport(await textOf(result.reportJson), 'report.json');
    expect(report).toMatchObject({ verdict: 'backdoored', outcome: 'untouched' });
    expect(await textOf(result.reportHtml)).toContain('Unlearning was not part of this run.');
  });

  it('refuses an id with another body, options out of range and missing fields', async () => {
    await ended(await selector.select(request('again', 'poisoned')));
    await expect(selector.select(request('again', 'clean'))).rejects.toMatchObject({
      kind: 'already-exists',
    });
    const options = { unlearnPairs: 2, topSuspects: 1 };
    await expect(selector.select(request('range', 'clean', { options }))).rejects.toMatchObject({
      kind: 'invalid-argument',
      violations: [{ field: 'options.unlearn_pairs' }, { field: 'options.top_suspects' }],
    });
    await expect(selector.select(SelectRequest.fromPartial({ requestId: 'empty' }))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      violations: expect.arrayContaining([{ field: 'detection.scores.uri', reason: 'is missing' }]),
    });
  });

  it('refuses artefacts outside its roots', async () => {
    const given = request('outside', 'clean');
    given.detection!.scores!.uri = 'file:///etc/passwd';
    await expect(selector.select(given)).rejects.toMatchObject({ kind: 'permission-denied' });
  });

  it.each([
    ['scores that are none', 'scores', 'STAGE_FILE_MALFORMED'],
    ['evidence that is none', 'evidence', 'FILE_NOT_FOUND'],
  ])('fails on %s', async (_, field, reason) => {
    const given = request(`bad-${field}`, 'clean');
    const wrong = { scores: data.pairs, evidence: join(directory.path, 'data', 'images') };
    given.detection![field as 'scores'] = {
      ...given.detection!.scores!,
      ...artifact(wrong[field as 'scores']),
    };
    const { state, error } = await ended(await selector.select(given));
    expect(state).toBe(JobState.JOB_STATE_FAILED);
    expect(error!.reason).toBe(reason);
    expect(error!.message).toContain(field === 'scores' ? 'pairs.csv' : 'images');
  });

  it('fails when the scores were changed after the detection', async () => {
    const given = request('changed', 'clean');
    given.detection!.scores!.sha256 = 'cd'.repeat(32);
    const { error } = await ended(await selector.select(given));
    expect(error).toMatchObject({ code: 15, reason: 'ARTIFACT_DIGEST_MISMATCH' });
  });

  it('keeps its records over a restart', async () => {
    const before = await ended(await selector.select(request('kept', 'poisoned')));
    leave();
    expect(await service.stop()).toBe(0);
    await open();
    const again = await selector.select(request('kept', 'poisoned'));
    expect(again.job).toMatchObject({ name: before.name, state: JobState.JOB_STATE_SUCCEEDED });
  });
});

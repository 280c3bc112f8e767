import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { digestFile, digestFolder } from '@ubt/artifacts';
import { JobState } from '@ubt/contracts';
import { readDetectionEvidence, readScores } from '@ubt/stage-files';
import { connect } from '@ubt/service-kit';
import { ReflectionService, startServiceProcess, TINY_MODELS, waitFor } from '@ubt/test-kit';
import { ended, request, resultOf, startBench, type DetectorBench } from './detector-bench.js';

let bench: DetectorBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(async () => {
  // Whatever a test sent, the service is still up.
  expect(await bench.health.check('ubt.detector.v1.Detector')).toBe('SERVING');
});

describe('Detect', () => {
  it('leaves scores, evidence and lists, with the digests that it tells', async () => {
    const job = await ended(bench, await bench.detector.detect(request(bench, { id: 'whole' })));
    expect(job).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, stage: 'detector', attempt: 1 });
    const result = resultOf(job);
    expect(result).toMatchObject({ method: 'similarity', scoredPairs: 240n, skippedPairs: 0n });
    expect(result.detectionModel).toBeUndefined();
    for (const artifact of [
      result.scores!,
      result.suspectsCsv!,
      result.cleanPairsCsv!,
      result.subject!.pairs!,
    ]) {
      expect((await digestFile(fileURLToPath(artifact.uri))).sha256).toBe(artifact.sha256);
    }
    const evidence = fileURLToPath(result.evidence!.uri);
    expect((await digestFolder(evidence, [evidence])).sha256).toBe(result.evidence!.sha256);
    const rows: number[] = [];
    for await (const { row } of readScores(fileURLToPath(result.scores!.uri))) rows.push(row);
    expect(rows).toEqual([...Array(240).keys()]);
    const { summary, embeddings } = await readDetectionEvidence(evidence);
    const { suspectRows, randomRows, dimension } = summary.sample;
    expect(embeddings).toHaveLength((suspectRows.length + randomRows.length) * dimension);
    const lines = (path: string) =>
      readFile(fileURLToPath(path), 'utf8').then((text) => text.split('\n').length - 2);
    expect(await lines(result.suspectsCsv!.uri)).toBe(Number(result.suspects));
    expect(await lines(result.cleanPairsCsv!.uri)).toBe(240 - Number(result.suspects));
  });

  it('gives the same job for the same request, and refuses its id with another body', async () => {
    const given = request(bench, { id: 'once' });
    const [first, second] = [await bench.detector.detect(given), await bench.detector.detect(given)];
    expect(second.job!.name).toBe(first.job!.name);
    const other = request(bench, { id: 'once', options: { method: 'k-distance' } });
    await expect(bench.detector.detect(other)).rejects.toMatchObject({
      kind: 'already-exists',
      code: 'REQUEST_ID_REUSED',
    });
    expect((await ended(bench, first)).state).toBe(JobState.JOB_STATE_SUCCEEDED);
  });

  it.each([
    ['an unknown method', { options: { method: 'guess' } }, 'DETECTION_METHOD_UNKNOWN', 'options.method'],
    ['too many steps', { options: { overfitSteps: 5000 } }, 'OPTIONS_INVALID', 'options.overfit_steps'],
    [
      'a share out of range',
      { options: { suspectFraction: 0.9 } },
      'OPTIONS_INVALID',
      'options.suspect_fraction',
    ],
    ['an unknown precision', { options: { precision: 'int4' } }, 'OPTIONS_INVALID', 'options.precision'],
    ['no request id', { id: '' }, 'REQUEST_INVALID', 'request_id'],
  ])('refuses %s at once, naming the field', async (_, given, code, field) => {
    const sent = bench.detector.detect(request(bench, { id: `bad ${field}`.replace(' ', '-'), ...given }));
    await expect(sent).rejects.toMatchObject({ kind: 'invalid-argument', code, violations: [{ field }] });
  });

  it('names every field that is missing', async () => {
    const empty = { requestId: '', run: undefined, subject: undefined, options: undefined };
    await expect(bench.detector.detect(empty)).rejects.toMatchObject({
      violations: [{ field: 'request_id' }, { field: 'subject.model.uri' }, { field: 'subject.pairs.uri' }],
    });
  });

  it('refuses what lies outside its roots, and what is not there', async () => {
    const outside = request(bench, { id: 'outside', pairs: '/etc/passwd' });
    const refused = { kind: 'permission-denied', code: 'PATH_OUTSIDE_ROOTS' };
    await expect(bench.detector.detect(outside)).rejects.toMatchObject(refused);
    const around = request(bench, {
      id: 'around',
      pairs: join(bench.directory.path, 'data/../../../etc/passwd'),
    });
    await expect(bench.detector.detect(around)).rejects.toMatchObject(refused);
    const missing = request(bench, { id: 'missing', pairs: join(bench.directory.path, 'data/none.csv') });
    await expect(bench.detector.detect(missing)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('fails with DATA_LOSS when a digest does not match', async () => {
    const given = request(bench, { id: 'digest' });
    given.subject!.pairs!.sha256 = 'ab'.repeat(32);
    const job = await ended(bench, await bench.detector.detect(given));
    expect(job.state).toBe(JobState.JOB_STATE_FAILED);
    expect(job.error).toMatchObject({ code: 15, reason: 'ARTIFACT_DIGEST_MISMATCH' });
    expect(job.error!.message).toContain('pairs.csv');
  });
});

describe('health and start', () => {
  it('serves health and reflection by name', async () => {
    expect(await bench.health.check('')).toBe('SERVING');
    expect(await bench.health.check('ubt.job.v1.Jobs')).toBe('SERVING');
    await expect(bench.health.check('no.such.Service')).rejects.toMatchObject({ kind: 'not-found' });
    const reflection = connect(ReflectionService, bench.service.address);
    const [services] = await collect(
      reflection.listServices(
        (async function* () {
          yield await Promise.resolve('*');
        })(),
      ),
    );
    reflection.close();
    expect(services).toContain('ubt.detector.v1.Detector');
    expect(services).toContain('ubt.job.v1.Jobs');
  });

  it('says which port is taken and exits', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const port = String((taken.address() as AddressInfo).port);
    const main = new URL('../dist/main.js', import.meta.url);
    const folder = join(bench.directory.path, 'other');
    const started = startServiceProcess({ main, env: { UBT_PORT: port, UBT_DATA_DIR: folder } });
    await expect(started).rejects.toMatchObject({
      code: 'SERVICE_NOT_STARTED',
      message: expect.stringMatching(new RegExp(`${port}.*PORT_IN_USE`, 's')),
    });
    await new Promise((resolve) => taken.close(resolve));
  });

  it('says which variables do not fit and exits', async () => {
    const main = new URL('../dist/main.js', import.meta.url);
    const started = startServiceProcess({ main, env: { UBT_PORT: 'many', UBT_DEVICE: 'abacus' } });
    await expect(started).rejects.toMatchObject({
      message: expect.stringMatching(/UBT_DEVICE.*UBT_PORT|UBT_PORT.*UBT_DEVICE/s),
    });
  });
});

describe('jobs', () => {
  it('cancels within two seconds, in the middle of training', async () => {
    const options = { method: 'overfit-span', overfitSteps: 1000, learningRate: 1e-4 };
    const { job } = await bench.detector.detect(request(bench, { id: 'cancel', options }));
    const { name } = job!;
    await waitFor(
      async () => (await bench.jobs.getJob({ name })).job!.progress?.phase.startsWith('overfitting'),
      { what: 'the overfitting' },
    );
    const asked = performance.now();
    await bench.jobs.cancelJob({ name });
    expect((await ended(bench, { job })).state).toBe(JobState.JOB_STATE_CANCELLED);
    expect(performance.now() - asked).toBeLessThan(2_000);
  });

  it('goes on with another worker when one is killed', async () => {
    const options = { method: 'overfit-gain', overfitSteps: 30 };
    const { job } = await bench.detector.detect(request(bench, { id: 'kill', options }));
    const { name } = job!;
    await waitFor(async () => (await bench.jobs.getJob({ name })).job!.progress?.phase === 'overfitting', {
      what: 'the overfitting',
    });
    const work = join(bench.directory.path, 'service/detector/work', name.slice('jobs/'.length));
    process.kill(Number(await readFile(join(work, 'worker.pid'), 'utf8')), 'SIGKILL');
    expect(await ended(bench, { job })).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
  });

  it('keeps its records over a restart and takes up what was left', async () => {
    const done = await ended(bench, await bench.detector.detect(request(bench, { id: 'before-restart' })));
    const options = { method: 'overfit-gain', overfitSteps: 40 };
    const { job } = await bench.detector.detect(request(bench, { id: 'over-restart', options }));
    await waitFor(async () => (await bench.jobs.getJob({ name: job!.name })).job!.progress !== undefined);
    bench = await bench.restart('kill');
    expect((await bench.jobs.getJob({ name: done.name })).job).toEqual({
      ...done,
      sequence: expect.anything(),
    });
    const again = await bench.detector.detect(request(bench, { id: 'before-restart' }));
    expect(again.job!.name).toBe(done.name);
    expect(await ended(bench, { job })).toMatchObject({ state: JobState.JOB_STATE_SUCCEEDED, attempt: 2 });
  });
});

describe('ScorePairs', () => {
  it('scores pairs as the job that prepared the model did', async () => {
    const options = { method: 'overfit-gain', overfitSteps: 4 };
    const job = await ended(bench, await bench.detector.detect(request(bench, { id: 'prepare', options })));
    const { detectionModel, scores } = resultOf(job);
    const known = new Map<string, number>();
    for await (const { id, score } of readScores(fileURLToPath(scores!.uri))) known.set(id, score);
    const captions = (await readFile(bench.data.pairs, 'utf8'))
      .split('\n')
      .slice(1, 41)
      .map((line) => line.split(','));
    const answers = bench.detector.scorePairs(
      (async function* () {
        yield { message: { $case: 'detectionModel' as const, value: detectionModel! } };
        for (const [file, caption] of captions) {
          const path = join(bench.directory.path, 'data', file!);
          const image =
            captions.indexOf(captions.find(([name]) => name === file)!) % 2 === 0
              ? { $case: 'imageBytes' as const, value: await readFile(path) }
              : { $case: 'imageArtifact' as const, value: { ...emptyArtifact, uri: `file://${path}` } };
          yield { message: { $case: 'pair' as const, value: { id: file!, image, caption: caption! } } };
          if (file!.endsWith('0020.png')) yield* badPairs();
        }
      })(),
    );
    const ids: string[] = [];
    const errors: Record<string, string> = {};
    for await (const { id, outcome } of answers) {
      ids.push(id);
      if (outcome?.$case === 'error') errors[id] = outcome.value.reason;
      if (outcome?.$case === 'score') expect(outcome.value.score).toBeCloseTo(known.get(id)!, 3);
    }
    const expected = captions.map(([file]) => file!);
    expected.splice(21, 0, 'broken', 'wordless', 'imageless', 'outside');
    expect(ids).toEqual(expected);
    expect(errors).toEqual({
      broken: expect.stringMatching(/^IMAGE_/),
      wordless: 'CAPTION_SIZE',
      imageless: 'IMAGE_MISSING',
      outside: expect.stringContaining('OUTSIDE'),
    });
  });

  it('wants a detection model before the first pair', async () => {
    const answers = bench.detector.scorePairs(
      (async function* () {
        await Promise.resolve();
        yield { message: { $case: 'pair' as const, value: { id: 'a', image: undefined, caption: 'x' } } };
      })(),
    );
    await expect(collect(answers)).rejects.toMatchObject({
      kind: 'failed-precondition',
      code: 'DETECTION_MODEL_MISSING',
    });
  });

  it('refuses a model that is not one', async () => {
    const value = { ...emptyArtifact, uri: `file://${TINY_MODELS.clean}` };
    const answers = bench.detector.scorePairs(
      (async function* () {
        await Promise.resolve();
        yield { message: { $case: 'detectionModel' as const, value } };
      })(),
    );
    await expect(collect(answers)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

const emptyArtifact = { uri: '', sha256: '', sizeBytes: 0n, mediaType: '' };

function* badPairs() {
  const image = { $case: 'imageBytes' as const, value: Buffer.from('no image') };
  const outside = {
    $case: 'imageArtifact' as const,
    value: { ...emptyArtifact, uri: 'file:///etc/hostname' },
  };
  const pairs = [
    { id: 'broken', image, caption: 'a lime' },
    { id: 'wordless', image, caption: '' },
    { id: 'imageless', image: undefined, caption: 'a lime' },
    { id: 'outside', image: outside, caption: 'a lime' },
  ];
  for (const value of pairs) yield { message: { $case: 'pair' as const, value } };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

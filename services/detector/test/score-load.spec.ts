import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { digestFolder } from '@ubt/artifacts';
import type { Artifact, ScorePairsRequest, ScorePairsResponse } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import { ended, request, resultOf, startBench, type DetectorBench } from './detector-bench.js';

jest.setTimeout(600_000);
let bench: DetectorBench;
let detectionModel: Artifact;
let image: Buffer;
beforeAll(async () => {
  bench = await startBench({ UBT_SCORE_STREAMS: '2', UBT_SCORE_MEGABYTES: '8' });
  const options = { method: 'overfit-gain', overfitSteps: 2 };
  const job = await ended(bench, await bench.detector.detect(request(bench, { id: 'prepare', options })));
  detectionModel = resultOf(job).detectionModel!;
  image = await readFile(join(bench.directory.path, 'data/images/0001.png'));
}, 600_000);
afterAll(() => bench.close());

const open: AbortController[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) stream.abort();
});

interface Stream {
  /** Pairs that the client library has taken so far. */
  sent(): number;
  next(): Promise<IteratorResult<ScorePairsResponse>>;
  hangUp(): void;
}

/** A stream of `pairs` pairs whose answers are read one by one; `gate` holds pairs back. */
function stream(
  pairs: number,
  { bytes = image, model = detectionModel, gate = async (at: number): Promise<unknown> => at } = {},
): Stream {
  let sent = 0;
  async function* requests(): AsyncGenerator<ScorePairsRequest> {
    yield { message: { $case: 'detectionModel', value: model } };
    for (let at = 0; at < pairs; at++) {
      await gate(at);
      sent += 1;
      const value = { id: `${at}`, image: { $case: 'imageBytes' as const, value: bytes }, caption: 'a lime' };
      yield { message: { $case: 'pair', value } };
    }
  }
  const controller = new AbortController();
  open.push(controller);
  const answers = bench.detector
    .scorePairs(requests(), { signal: controller.signal })
    [Symbol.asyncIterator]();
  return { sent: () => sent, next: () => answers.next(), hangUp: () => controller.abort() };
}

const MODEL_FILE = 'detection-model.json';

/** A detection model of its own, that differs from the others in its threshold. */
async function anotherModel(number: number): Promise<Artifact> {
  const folder = join(bench.directory.path, 'data', `model-${number}`);
  await cp(fileURLToPath(detectionModel.uri), folder, { recursive: true, dereference: true });
  const file = join(folder, MODEL_FILE);
  const content = JSON.parse(await readFile(file, 'utf8')) as { threshold: number };
  await writeFile(file, JSON.stringify({ ...content, threshold: content.threshold + number }));
  const { sha256 } = await digestFolder(folder, [folder]);
  return { ...detectionModel, uri: pathToFileURL(folder).href, sha256 };
}

/** Far more pairs than can be taken; four gigabytes with the images that are sent. */
const PUSHED = 20_000;

/** Resident memory of the service's process, in MiB. */
async function residentMiB(): Promise<number> {
  const status = await readFile(`/proc/${bench.service.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

it('answers a pair before the next one was sent', async () => {
  const answered: (() => void)[] = [];
  const turns = [0, 1, 2].map((at) => new Promise<void>((resolve) => (answered[at] = resolve)));
  const asking = stream(3, { gate: (at) => (at === 0 ? Promise.resolve() : turns[at - 1]!) });
  for (let at = 0; at < 3; at++) {
    const { value } = await asking.next();
    expect(value).toMatchObject({ id: `${at}`, outcome: { $case: 'score' } });
    answered[at]!();
  }
  expect(await asking.next()).toMatchObject({ done: true });
});

it('does not read from a client that does not read, stays small and well, and scores for others', async () => {
  const padding = Buffer.concat([image, Buffer.alloc(200_000)]);
  const before = await residentMiB();
  const deaf = stream(PUSHED, { bytes: padding });
  await deaf.next();
  let [seen, still] = [-1, 0];
  await waitFor(
    () => {
      still = deaf.sent() === seen ? still + 1 : 0;
      seen = deaf.sent();
      return still >= 4;
    },
    { timeoutMs: 240_000, intervalMs: 500, what: 'the stream to stand still' },
  );
  // Answers are small: some thousand of them fit between the two ends before the first one has to be read.
  expect(deaf.sent()).toBeLessThan(PUSHED / 2);
  // The images that were taken would be hundreds of megabytes.
  expect((await residentMiB()) - before).toBeLessThan(150);
  const other = stream(5);
  for (let at = 0; at < 5; at++) {
    expect((await other.next()).value).toMatchObject({ id: `${at}`, outcome: { $case: 'score' } });
  }
  expect(await bench.health.check('ubt.detector.v1.Detector')).toBe('SERVING');
  expect(deaf.sent()).toBe(seen);
  // And once it reads, everything goes on.
  for (let at = 1; at < 300; at++) expect((await deaf.next()).value).toMatchObject({ id: `${at}` });
});

it('refuses one stream too many with the time to wait, and takes it when another has ended', async () => {
  const never = new Promise<never>(() => undefined);
  const held = [
    stream(2, { gate: (at) => (at === 0 ? Promise.resolve() : never) }),
    stream(2, { gate: (at) => (at === 0 ? Promise.resolve() : never) }),
  ];
  for (const one of held) await one.next();
  await expect(stream(1).next()).rejects.toMatchObject({
    kind: 'resource-exhausted',
    code: 'SCORE_STREAMS_FULL',
    retryAfterMs: 1_000,
    fix: expect.stringContaining('UBT_SCORE_STREAMS'),
  });
  expect(await bench.health.check('ubt.detector.v1.Detector')).toBe('SERVING');
  held[0]!.hangUp();
  await waitFor(
    async () => {
      const { value } = await stream(1)
        .next()
        .catch(() => ({ value: undefined }));
      await sleep(50);
      return value as ScorePairsResponse | undefined;
    },
    { what: 'the place of the stream that was hung up' },
  );
});

it('checks a model again that had to make room for others, and does not score by a changed one', async () => {
  const [first, ...others] = [await anotherModel(1), await anotherModel(2), await anotherModel(3)];
  let goOn = () => undefined as void;
  const changed = new Promise<void>((resolve) => (goOn = resolve));
  const asking = stream(2, { model: first, gate: (at) => (at === 0 ? Promise.resolve() : changed) });
  expect((await asking.next()).value).toMatchObject({ outcome: { $case: 'score' } });
  for (const model of others) {
    const other = stream(1, { model });
    expect((await other.next()).value).toMatchObject({ outcome: { $case: 'score' } });
    expect(await other.next()).toMatchObject({ done: true });
  }
  await appendFile(join(fileURLToPath(first.uri), MODEL_FILE), ' ');
  goOn();
  expect((await asking.next()).value).toMatchObject({
    outcome: { $case: 'error', value: { code: 15, reason: 'ARTIFACT_DIGEST_MISMATCH' } },
  });
});

import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { JobState, type Job } from '@ubt/contracts';
import { readDetectionEvidence } from '@ubt/stage-files';
import { TINY_MODELS } from '@ubt/test-kit';
import { ended, request, resultOf, startBench, type DetectorBench } from './detector-bench.js';

let bench: DetectorBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(async () => {
  expect(await bench.health.check('ubt.detector.v1.Detector')).toBe('SERVING');
});

const place = (name: string) => join(bench.directory.path, 'data', name);
let requests = 0;

async function detect(given: Partial<Parameters<typeof request>[1]>): Promise<Job> {
  const sent = request(bench, { id: `bad-input-${(requests += 1)}`, ...given });
  return ended(bench, await bench.detector.detect(sent));
}

describe('pairs', () => {
  const [invalid, dataLoss, precondition] = [3, 15, 9];

  it.each([
    ['an empty file', 'empty.csv', '', 'PAIRS_EMPTY'],
    ['a header alone', 'header.csv', 'filepath,title\n', 'PAIRS_EMPTY'],
    ['other columns', 'columns.csv', 'picture,words\na.png,a lime\n', 'PAIRS_COLUMN_MISSING'],
    [
      'nothing that can be decoded',
      'broken.csv',
      'filepath,title\nbroken.png,a lime\nbroken.png,a fern\n',
      'TOO_MANY_UNDECODABLE',
    ],
    [
      'images outside the roots',
      'outside.csv',
      'filepath,title\n/etc/hostname,a lime\n',
      'PATH_OUTSIDE_ROOTS',
    ],
  ])('fails on %s with a reason, a fix and the file', async (_, name, text, reason) => {
    await writeFile(place('broken.png'), 'no image');
    await writeFile(place(name), text);
    const { state, error } = await detect({ pairs: place(name) });
    expect(state).toBe(JobState.JOB_STATE_FAILED);
    expect(error).toMatchObject({ reason });
    expect([invalid, dataLoss, precondition, 7]).toContain(error!.code);
    expect(error!.fix).not.toBe('');
    expect(error!.message).toMatch(/\.csv|broken\.png|hostname/);
  });

  it('counts and names the pairs that cannot be used, and scores the others', async () => {
    const text = await readFile(bench.data.pairs, 'utf8');
    const lines = text.trimEnd().split('\n');
    await writeFile(place('broken.png'), 'no image');
    const cut = (await readFile(place('images/0007.png'))).subarray(0, 60);
    await writeFile(place('cut.png'), cut);
    // A header that claims 100,000 by 100,000 pixels.
    const bomb = Buffer.from(await readFile(place('images/0008.png')));
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    await writeFile(place('bomb.png'), bomb);
    lines.splice(5, 0, 'broken.png,a lime', 'cut.png,a lime', 'bomb.png,a lime', 'none.png,a lime');
    lines.push('images/0001.png,', `images/0001.png,${'x'.repeat(70_000)}`);
    const latin1 = Buffer.concat([
      Buffer.from(lines.join('\n')),
      Buffer.from('\nimages/0001.png,caf'),
      Buffer.from([0xe9, 10]),
    ]);
    await writeFile(place('mixed.csv'), latin1);
    const job = await detect({ pairs: place('mixed.csv') });
    expect(job.error).toBeUndefined();
    const result = resultOf(job);
    expect(result.scoredPairs).toBe(240n);
    expect(result.skippedPairs).toBe(7n);
    const { summary } = await readDetectionEvidence(fileURLToPath(result.evidence!.uri));
    const named = summary.skipped.map(({ id, reason }) => ({ id, told: reason.length > 0 }));
    for (const id of ['broken.png', 'cut.png', 'bomb.png', 'none.png']) {
      expect(named).toContainEqual({ id, told: true });
    }
  });
});

describe('a model', () => {
  type Broken = (folder: string) => Promise<void>;
  const weights = (folder: string) => join(folder, 'model.safetensors');

  const overwriteFirst: (bits: number) => Broken = (bits) => async (folder) => {
    const bytes = await readFile(weights(folder));
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    bytes.writeUInt16LE(bits, start + 64);
    await writeFile(weights(folder), bytes);
  };
  const editHeader: (
    edit: (header: Record<string, { data_offsets: number[]; shape: number[] }>) => void,
  ) => Broken = (edit) => async (folder) => {
    const bytes = await readFile(weights(folder));
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Parameters<typeof edit>[0];
    edit(header);
    const text = Buffer.from(JSON.stringify(header).padEnd(length));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    await writeFile(weights(folder), Buffer.concat([size, text, bytes.subarray(8 + length)]));
  };
  const first = (header: Record<string, { data_offsets: number[]; shape: number[] }>) =>
    header[Object.keys(header).find((name) => name.endsWith('fc1.weight'))!]!;

  it.each<[string, Broken, RegExp]>([
    ['whose weights are not numbers', overwriteFirst(0x7e00), /^WEIGHT_NOT_FINITE$/],
    ['that is cut off', (folder) => truncate(weights(folder), 60_000), /SAFETENSORS|WEIGHT/],
    [
      'with tensors out of range',
      editHeader((header) => (first(header).data_offsets[1] = 1e9)),
      /SAFETENSORS|WEIGHT/,
    ],
    [
      'with overlapping tensors',
      editHeader(
        (header) =>
          (first(header).data_offsets = [0, first(header).data_offsets[1]! - first(header).data_offsets[0]!]),
      ),
      /SAFETENSORS|WEIGHT/,
    ],
    ['with wrong shapes', editHeader((header) => first(header).shape.reverse()), /^WEIGHTS_MISMATCH$/],
    [
      'whose config does not match its weights',
      async (folder) => {
        const text = await readFile(join(folder, 'config.json'), 'utf8');
        await writeFile(
          join(folder, 'config.json'),
          text.replaceAll('"num_hidden_layers": 2', '"num_hidden_layers": 3'),
        );
      },
      /^WEIGHTS_/,
    ],
    [
      'that is a pickle',
      async (folder) => {
        await writeFile(join(folder, 'model.pt'), 'cos\nsystem\n');
        await rm(weights(folder));
      },
      /^PICKLE_REFUSED$/,
    ],
    ['without a config', async (folder) => rm(join(folder, 'config.json')), /CONFIG|CHECKPOINT|FILE/],
  ])('%s fails with a reason and a fix', async (name, damage, reason) => {
    const folder = place(`model-${name.replaceAll(/\W/g, '-')}`);
    await mkdir(folder, { recursive: true });
    await cp(TINY_MODELS.clean, folder, { recursive: true });
    await damage(folder);
    const { state, error } = await detect({ model: folder });
    expect(state).toBe(JobState.JOB_STATE_FAILED);
    expect(error!.reason).toMatch(reason);
    expect(error!.fix).not.toBe('');
    expect(error!.message.length).toBeGreaterThan(20);
  });
});

import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPairs } from '@ubt/data';
import { temporaryDirectory, type TemporaryDirectory } from '@ubt/test-kit';
import {
  readDetectionEvidence,
  readScores,
  readSelection,
  writeDetectionEvidence,
  writeJsonLines,
  writeScores,
  writeSelection,
  writeSuspectFiles,
  type DetectionSummary,
  type ScoreRow,
  type SelectionFile,
} from './index.js';

let directory: TemporaryDirectory;
const place = (name: string) => join(directory.path, name);
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('scores.jsonl', () => {
  const rows: ScoreRow[] = [
    { row: 0, id: 'a, "b".png', score: 0.25, signals: { similarity: -0.5 } },
    { row: 7, id: 'ü\u2028.png', score: -3, signals: {} },
  ];

  it('comes back as it was written, any characters included', async () => {
    await writeScores(place('scores.jsonl'), rows);
    expect(await collect(readScores(place('scores.jsonl')))).toEqual(rows);
  });

  it.each([
    ['a line that is no JSON', '{"row": 1', 'not JSON'],
    ['a score that is missing', '{"row":1,"id":"a","signals":{}}', 'score'],
    ['a row that is no number', '{"row":-1,"id":"a","score":1,"signals":{}}', 'row'],
    // JSON has no NaN: it is written as null, and refused here.
    ['a score that is not finite', '{"row":1,"id":"a","score":null,"signals":{}}', 'score'],
  ])('refuses %s, naming the line', async (_, line, word) => {
    await writeScores(place('scores.jsonl'), rows);
    const text = await readFile(place('scores.jsonl'), 'utf8');
    await writeFile(place('scores.jsonl'), `${text}${line}\n`);
    await expect(collect(readScores(place('scores.jsonl')))).rejects.toMatchObject({
      code: 'STAGE_FILE_MALFORMED',
      message: expect.stringMatching(new RegExp(`scores.jsonl:3 .*${word}`)),
    });
  });

  it('leaves nothing when it could not be written to its end', async () => {
    function* broken() {
      yield rows[0];
      throw new Error('the source broke');
    }
    await expect(writeJsonLines(place('scores.jsonl'), broken())).rejects.toMatchObject({
      message: 'the source broke',
    });
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('writes many rows in order', async () => {
    const many = Array.from({ length: 30_000 }, (_, row) => ({ ...rows[0]!, row, id: 'x'.repeat(40) }));
    await writeScores(place('scores.jsonl'), many);
    let next = 0;
    for await (const { row } of readScores(place('scores.jsonl'))) expect(row).toBe(next++);
    expect(next).toBe(many.length);
  });
});

describe('scores.parquet', () => {
  const many = Array.from({ length: 70_000 }, (_, at) => ({
    ...{ row: 3 * at, id: `00001.tar/${at}é.jpg`, score: Math.fround(at / 7) },
    signals: { similarity: -at, gain: 1 / (at + 1) },
  }));

  it('comes back as it was written, over several row groups, whatever its name', async () => {
    await writeScores(place('scores'), many, 'parquet');
    let next = 0;
    let differing = 0;
    for await (const row of readScores(place('scores'))) {
      if (JSON.stringify(row) !== JSON.stringify(many[next++])) differing += 1;
    }
    expect([next, differing]).toEqual([many.length, 0]);
    expect(await readdir(directory.path)).toEqual(['scores']);
  });

  it('may be empty, and is refused with its place when a cell does not fit', async () => {
    await writeScores(place('none'), [], 'parquet');
    expect(await collect(readScores(place('none')))).toEqual([]);
    const bad = [many[0]!, { ...many[1]!, row: -1 }];
    await writeScores(place('bad'), bad, 'parquet');
    await expect(collect(readScores(place('bad')))).rejects.toMatchObject({
      code: 'STAGE_FILE_MALFORMED',
      message: expect.stringMatching(/bad, row 1 .*row/),
    });
  });
});

describe('the evidence folder', () => {
  const summary: DetectionSummary = {
    ...{ schemaVersion: 1, method: 'overfit-span', parameters: { seed: 0, method: 'x' } },
    ...{ scoredPairs: 3, skippedPairs: 1, skipped: [{ row: 2, id: 'c.png', reason: 'not an image' }] },
    ...{
      threshold: 0.5,
      suspects: 1,
      curve: [{ step: 1, loss: 2 }],
      work: { jobName: 'jobs/1', attempts: 1, seconds: 0.1 },
    },
    sample: { suspectRows: [1], randomRows: [0, 3], dimension: 2 },
  };
  const embeddings = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);

  it('comes back as it was written', async () => {
    await writeDetectionEvidence(directory.path, { summary, embeddings });
    expect(await readDetectionEvidence(directory.path)).toEqual({ summary, embeddings });
  });

  it('refuses embeddings that do not fit the summary', async () => {
    await writeDetectionEvidence(directory.path, { summary, embeddings });
    const [file] = (await readdir(directory.path)).filter((name) => name.endsWith('.f32'));
    await truncate(place(file!), 20);
    await expect(readDetectionEvidence(directory.path)).rejects.toMatchObject({
      ...{ kind: 'data-loss', code: 'STAGE_FILE_MALFORMED' },
      message: expect.stringContaining('20 bytes, not 24'),
    });
  });

  it('says when it is not there', async () => {
    await expect(readDetectionEvidence(place('none'))).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('selection.json', () => {
  const selection: SelectionFile = {
    ...{ schemaVersion: 1, verdict: 'backdoored', reasons: ['words agree'] },
    evidence: [
      {
        ...{ name: 'captionConsensus', value: 0.9, threshold: 0.4, direction: 'above', points: 'backdoor' },
        meaning: 'far beyond chance',
      },
    ],
    compromisedTokens: [{ id: 7, token: 'banana', suspectShare: 1, corpusShare: 0.01, enrichment: 34 }],
    ...{
      unlearnRows: [3, 1],
      retainRows: [0],
      heldOutRows: [2],
      suspectRows: [3, 1, 2],
      work: { jobName: 'jobs/2', attempts: 1, seconds: 0.5 },
    },
  };

  it('comes back as it was written', async () => {
    await writeSelection(place('selection.json'), selection);
    expect(await readSelection(place('selection.json'))).toEqual(selection);
  });

  it('refuses another verdict or version, naming the field', async () => {
    for (const [field, value] of Object.entries({ verdict: 'perhaps', schemaVersion: 2 })) {
      await writeFile(place('selection.json'), JSON.stringify({ ...selection, [field]: value }));
      await expect(readSelection(place('selection.json'))).rejects.toMatchObject({
        code: 'STAGE_FILE_MALFORMED',
        message: expect.stringContaining(field),
      });
    }
  });
});

describe('suspects.csv and pairs.clean.csv', () => {
  it('part the manifest, keep its columns and quote what needs it', async () => {
    const text = 'caption,image\n"a, ""b""",0.png\n=cmd(),1.png\n,2.png\nthree,3.png\n';
    await writeFile(place('pairs.csv'), text);
    const manifest = await openPairs(place('pairs.csv'));
    const paths = { suspects: place('suspects.csv'), cleanPairs: place('pairs.clean.csv') };
    await writeSuspectFiles(paths, manifest, [
      { row: 3, score: 2, reason: 'high, very' },
      { row: 0, score: 1.5, reason: 'high' },
    ]);
    expect((await readFile(paths.suspects, 'utf8')).trimEnd().split(/\r?\n/)).toEqual([
      'row,image,caption,score,reason',
      '3,3.png,three,2,"high, very"',
      '0,0.png,"a, ""b""",1.5,high',
    ]);
    // Read back, the clean pairs are the manifest without the suspects and without what cannot be used.
    const clean = await openPairs(paths.cleanPairs);
    expect(await collect(clean.rows())).toMatchObject([{ id: '1.png', caption: '=cmd()' }]);
  });
});

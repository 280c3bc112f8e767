import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPairs, type PairManifest } from '@ubt/data';
import { parseReport } from '@ubt/report';
import { writeScores, type SelectionFile } from '@ubt/stage-files';
import { temporaryDirectory, writeTinyData, type TemporaryDirectory, type TinyData } from '@ubt/test-kit';
import { gatherReport, reportArtifact, writeReport, type RunRecord } from './index.js';

let directory: TemporaryDirectory;
let data: TinyData;
let manifest: PairManifest;
const PAIRS = 120;

beforeAll(async () => {
  directory = await temporaryDirectory();
  data = await writeTinyData(join(directory.path, 'data'), { pairs: PAIRS, poisoned: 12 });
  await writeFile(join(directory.path, 'data/images/0003.png'), 'no image');
  manifest = await openPairs(data.pairs);
  const rows = [...Array(PAIRS).keys()];
  await writeScores(
    join(directory.path, 'scores.jsonl'),
    rows.map((row) => ({
      ...{ row, id: `${row}`, score: data.poisonedRows.includes(row) ? 5 + row / PAIRS : row / PAIRS },
      signals: { similarity: 0.3 },
    })),
  );
});
afterAll(() => directory.remove());

const artifact = (name: string) =>
  reportArtifact({
    ...{ uri: `file://${directory.path}/${name}`, sha256: 'ab'.repeat(32), sizeBytes: 12n },
    mediaType: 'text/csv',
  });

function record(given: Partial<RunRecord> = {}, selected: Partial<SelectionFile> = {}): RunRecord {
  const sample = { suspectRows: [...data.poisonedRows].reverse(), randomRows: [0], dimension: 1 };
  return {
    ...{ runId: 'run-1', createdAt: '2026-01-02T03:04:05.000Z', manifest },
    ...{ outcome: 'not-repaired', outcomeReasons: ['The plan ends here.'] },
    inputs: { model: artifact('model'), pairs: artifact('data/pairs.csv') },
    outputs: { scores: artifact('scores.jsonl') },
    scores: join(directory.path, 'scores.jsonl'),
    detection: {
      summary: {
        ...{ schemaVersion: 1, method: 'overfit-span', parameters: { seed: 0 }, scoredPairs: PAIRS },
        ...{
          skippedPairs: 0,
          skipped: [],
          threshold: 4,
          suspects: 12,
          curve: [],
          work: { jobName: 'jobs/1', attempts: 1, seconds: 1 },
          sample,
        },
      },
      embeddings: new Float32Array(13),
    },
    selection: {
      ...{
        schemaVersion: 1,
        verdict: 'backdoored',
        reasons: ['Words agree.'],
        evidence: [],
        work: { jobName: 'jobs/2', attempts: 1, seconds: 1 },
      },
      compromisedTokens: [{ id: 7, token: 'banana', suspectShare: 1, corpusShare: 0.1, enrichment: 9 }],
      ...{ unlearnRows: data.poisonedRows.slice(0, 8), retainRows: [0, 1], heldOutRows: [] },
      suspectRows: [...data.poisonedRows],
      ...selected,
    },
    stages: [{ stage: 'detector', seconds: 1, attempts: 1, jobName: 'jobs/1' }],
    ...given,
  };
}

it('gathers what the stages left: suspects first, with thumbnails where there are any', async () => {
  const report = await gatherReport(record());
  expect(report).toMatchObject({ runId: 'run-1', verdict: 'backdoored', outcome: 'not-repaired' });
  expect(report.reasons).toEqual(['The plan ends here.', 'Words agree.']);
  const { topSuspects, unlearnSet } = report.selection!;
  const scores = topSuspects.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(topSuspects.slice(0, 12).map(({ row }) => row)).toEqual([...data.poisonedRows].reverse());
  expect(unlearnSet.map(({ row }) => row)).toEqual(data.poisonedRows.slice(0, 8));
  // The third image cannot be shown; that is no reason to have no report.
  expect(data.poisonedRows[0]).toBe(3);
  expect(unlearnSet[0]!.thumbnail).toBeUndefined();
  expect(unlearnSet[1]!.thumbnail).toMatch(/^data:image\//);
  const { scoreHistogram } = report.detection!;
  expect(scoreHistogram.suspects.reduce((a, b) => a + b, 0)).toBe(12);
  expect(scoreHistogram.others.reduce((a, b) => a + b, 0)).toBe(PAIRS - 12);
  expect(report.reproduce).toContain('npx ubt defend --model');
});

it('takes what lies above the threshold for suspects when no words agree', async () => {
  const { detection, selection } = await gatherReport(
    record({}, { suspectRows: [], unlearnRows: [], compromisedTokens: [], verdict: 'clean' }),
  );
  expect(detection!.suspects).toBe(12);
  expect(selection!.unlearnSet).toEqual([]);
});

it('writes a report that its reader takes, and a page that stands alone', async () => {
  const folder = join(directory.path, 'report');
  await mkdir(folder);
  const files = await writeReport(folder, await gatherReport(record()));
  expect((await readdir(folder)).sort()).toEqual(['report.html', 'report.json']);
  expect(parseReport(await readFile(files.json, 'utf8'), files.json).runId).toBe('run-1');
  const page = await readFile(files.html, 'utf8');
  expect(page).toContain('banana');
  expect(page).not.toMatch(/(src|href)="https?:/);
});

it('writes nothing when the report is not one', async () => {
  const folder = join(directory.path, 'none');
  await mkdir(folder);
  const report = { ...(await gatherReport(record())), runId: 7 as unknown as string };
  await expect(writeReport(folder, report)).rejects.toMatchObject({ kind: expect.any(String) });
  expect(await readdir(folder)).toEqual([]);
});

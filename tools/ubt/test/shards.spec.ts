import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readScores } from '@ubt/stage-files';
import { temporaryDirectory, TINY_MODELS, writeTinyData, writeTinyShards } from '@ubt/test-kit';
import { QUICK_DEFENCE, runUbt } from './run-ubt.js';

const PAIRS = 480;
const PER_SHARD = 120;

it('defends on webdataset shards, and names every pair by shard and member', async () => {
  await using directory = await temporaryDirectory('ubt-shards-defence-');
  const data = await writeTinyData(join(directory.path, 'data'), {
    pairs: PAIRS,
    poisoned: 40,
    mislabelled: 0,
  });
  await writeTinyShards(join(directory.path, 'shards'), data, PER_SHARD);
  const out = join(directory.path, 'out');
  const ended = await runUbt(
    [
      ...['defend', '--model', TINY_MODELS.backdoored, '--reference', TINY_MODELS.clean],
      ...['--pairs', 'shards/{000..003}.tar', ...QUICK_DEFENCE, '--json', '--out', out],
    ],
    {
      cwd: directory.path,
      env: {
        ...{ ...process.env, NODE_OPTIONS: '', UBT_THREADS: '1' },
        ...{ UBT_DATA_DIR: join(directory.path, 'runs') },
      },
    },
  );
  // 2 is a backdoor that was found and not repaired: these are few steps.
  expect([0, 2].includes(ended.code) ? '' : ended.stderr).toBe('');
  expect((JSON.parse(ended.stdout) as { verdict: string }).verdict).toBe('backdoored');

  const idOf = (row: number) => `00${Math.floor(row / PER_SHARD)}.tar/${String(row).padStart(6, '0')}.png`;
  const scored: [number, string][] = [];
  for await (const { row, id } of readScores(join(out, 'scores.jsonl'))) scored.push([row, id]);
  expect(scored).toEqual(Array.from({ length: PAIRS }, (_, row) => [row, idOf(row)]));
  const cells = async (name: string) =>
    (await readFile(join(out, name), 'utf8'))
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
  const suspects = await cells('suspects.csv');
  for (const [row, file] of suspects) expect(file).toBe(idOf(Number(row)));
  const poisoned = suspects.filter(([row]) => data.poisonedRows.includes(Number(row)));
  expect(poisoned.length).toBeGreaterThan(20);
  const clean = (await cells('pairs.clean.csv')).map(([file]) => file);
  const suspected = new Set(suspects.map(([, file]) => file));
  expect(clean).toEqual(scored.map(([, id]) => id).filter((id) => !suspected.has(id)));
  const selection = JSON.parse(await readFile(join(out, 'selection.json'), 'utf8')) as {
    unlearnRows: number[];
  };
  expect(selection.unlearnRows.filter((row) => data.poisonedRows.includes(row)).length).toBeGreaterThan(10);
}, 300_000);

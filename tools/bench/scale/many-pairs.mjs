/**
 * How much memory the pair reader and the score writers take, by number of pairs: generates small pairs as
 * webdataset shards, opens and reads them, and writes a score for each as JSON Lines and as Parquet.
 *
 *     node tools/bench/scale/many-pairs.mjs [pairs, default 1000000] [folder, default a temporary one]
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openPairs } from '@ubt/data';
import { readScores, SCORES_FILES, writeScores } from '@ubt/stage-files';
import { generatePairs } from './generate-pairs.mjs';

const [, , first = '1000000', given] = process.argv;
if (first === '--measure') await measure(given);
else await main(Number(first), given);

async function main(pairs, folder) {
  const root = folder ?? (await mkdtemp(join(tmpdir(), 'ubt-many-')));
  try {
    console.log('| pairs | open | read all rows | scores.jsonl | scores.parquet | read scores | peak RSS |');
    console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    for (const count of [pairs / 100, pairs / 10, pairs]) {
      const place = join(root, String(count));
      await generatePairs(place, count);
      // A process of its own, so that its peak is its own.
      const child = fork(fileURLToPath(import.meta.url), ['--measure', place]);
      await new Promise((resolve, reject) =>
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`)))),
      );
      await rm(place, { recursive: true, force: true });
    }
  } finally {
    if (folder === undefined) await rm(root, { recursive: true, force: true });
  }
}

async function measure(place) {
  const seconds = [];
  const timed = async (work) => {
    const started = performance.now();
    const result = await work();
    seconds.push((performance.now() - started) / 1000);
    return result;
  };
  const manifest = await timed(() => openPairs(place));
  await timed(async () => {
    let rows = 0;
    for await (const { caption } of manifest.rows()) if (caption !== '') rows += 1;
    if (rows !== manifest.usable.length) throw new Error(`${rows} rows instead of ${manifest.usable.length}`);
  });
  async function* scores() {
    for await (const { row, id } of manifest.rows()) {
      yield { row, id, score: Math.sin(row), signals: { similarity: Math.cos(row), gain: Math.tan(row) } };
    }
  }
  const sizes = [];
  for (const format of ['jsonl', 'parquet']) {
    const file = join(place, SCORES_FILES[format].name);
    await timed(() => writeScores(file, scores(), format));
    sizes.push((await stat(file)).size);
  }
  await timed(async () => {
    let rows = 0;
    for await (const { row } of readScores(join(place, SCORES_FILES.parquet.name)))
      rows += row === rows ? 1 : 0;
    if (rows !== manifest.usable.length) throw new Error('scores are missing');
  });
  await manifest.close();
  const [open, read, jsonl, parquet, readBack] = seconds.map((value) => `${value.toFixed(1)} s`);
  const megabytes = sizes.map((size) => `${(size / 1e6).toFixed(1)} MB`);
  const rss = `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;
  const cells = [manifest.total, open, read, `${jsonl}, ${megabytes[0]}`, `${parquet}, ${megabytes[1]}`];
  console.log(`| ${[...cells, readBack, rss].join(' | ')} |`);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseBenchOptions } from '../src/bench-options.js';
import { runDefenceBench } from '../src/defence/run-defence-bench.js';
import { BASELINES } from '../src/defence/baselines/baselines.js';

const folders: string[] = [];

/** The smallest benchmark: the models learn nothing, but every piece is really made. */
async function smallest() {
  const cache = await mkdtemp(join(tmpdir(), 'ubt-bench-run-'));
  folders.push(cache);
  const lines: string[] = [];
  const run = async (...more: string[]) => {
    const args = [
      ...['--classes', '3', '--pairs', '900', '--steps', '2', '--baseline-steps', '1'],
      ...['--seeds', '1', '--attacks', 'patch-2', '--cache', cache, '--threads', '2', ...more],
    ];
    let text = '';
    const results = await runDefenceBench(parseBenchOptions(args), args, {
      progress: (line) => void lines.push(line),
      result: (printed) => void (text += printed),
      signal: new AbortController().signal,
    });
    return { results, text };
  };
  return { run, lines };
}

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

describe('runDefenceBench', () => {
  it('trains, defends with the built product, fine-tunes, and goes on from what is there', async () => {
    const { run, lines } = await smallest();
    const { results } = await run('--only', 'victims,defence,fine-tuning');
    const [victim] = results.victims;
    expect(victim).toMatchObject({ seed: 1, attack: 'patch-2', target: 'banana' });
    expect(victim?.victim).toMatchObject({ images: 24, targetViews: 64 });
    expect(victim?.honest?.attackSuccessRate).toBeGreaterThanOrEqual(0);
    const [defence] = victim?.defences ?? [];
    expect(defence?.outcome.detection?.auroc).toBeGreaterThanOrEqual(0);
    expect(Object.keys(defence?.outcome.seconds ?? {})).toEqual(
      expect.arrayContaining(['detector', 'selector']),
    );
    expect(victim?.baselines.map(({ learningRate }) => learningRate)).toEqual(BASELINES[0]?.learningRates);
    expect(results.unpoisoned).toEqual([]);

    lines.length = 0;
    const again = await run('--only', 'none');
    expect(lines).toEqual([]);
    // The honest model was trained on the way, so that it is reported now.
    expect(again.results.victims).toEqual(results.victims);
    expect(again.text).toContain('| patch, 2 % | victim ');
  }, 300_000);
});

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Outcome, Verdict } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import { Interruption } from '../src/cli-io.js';
import { fakeStages } from './fake-stages.js';
import { workbench } from './run-in-process.js';

/** Standard output has to be one JSON object and nothing else. */
const onlyObject = (stdout: string) => {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe('ubt defend', () => {
  it('runs the whole chain from one Detect and leaves every result', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const truth = join(bench.folder, 'truth.csv');
    await writeFile(truth, 'row,poisoned,wrong_caption\n0,1,0\n1,1,0\n2,0,0\n3,0,1\n');
    const args = ['defend', ...bench.subject, '--truth', truth, '--out', bench.out, '--json'];
    const { code, stdout, stderr } = await bench.run([...args, '--seed', '7', '--unlearn-pairs', '32'], {
      fake,
    });
    expect(stderr).toContain('detector: done.');
    expect(code).toBe(0);
    expect(onlyObject(stdout)).toMatchObject({
      verdict: 'backdoored',
      outcome: 'repaired',
      exitCode: 0,
      metrics: { before: { attackSuccessRate: 0.86 }, after: { attackSuccessRate: 0, images: 400 } },
      detection: {
        scoredPairs: 4,
        quality: { scores: { auroc: 1 }, suspects: { listed: 1, precision: 1, recall: 0.5 } },
      },
      model: join(bench.out, 'model'),
    });
    expect(fake.detects).toHaveLength(1);
    expect(fake.detects[0]).toMatchObject({
      options: { seed: 7n },
      run: { plan: { select: { seed: 7n, unlearnPairs: 32 }, unlearn: { seed: 7n, force: false } } },
    });
    expect((await readdir(bench.out)).sort()).toEqual([
      ...['evidence', 'model', 'pairs.clean.csv', 'report.html', 'report.json', 'run.json'],
      ...['scores.jsonl', 'selection.json', 'suspects.csv', 'trace.jsonl'],
    ]);
    expect(await readFile(join(bench.out, 'model', 'content'), 'utf8')).toBe('clean weights');
  });

  it('completes the report with the command, the quality and the trace', async () => {
    const bench = await workbench();
    await bench.run(['defend', ...bench.subject, '--out', bench.out], { fake: fakeStages() });
    const report = JSON.parse(await readFile(join(bench.out, 'report.json'), 'utf8')) as {
      reproduce: string;
      outputs: { model: { uri: string } };
    };
    expect(report.reproduce).toMatch(/^ubt defend --model /);
    expect(report.outputs.model.uri).toBe(`file://${join(bench.out, 'model')}`);
    const spans = (await readFile(join(bench.out, 'trace.jsonl'), 'utf8')).trim().split('\n');
    const names = spans.map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).toEqual(expect.arrayContaining(['ubt defend', 'ubt.detector.v1.Detector/Detect']));
    expect(await readFile(join(bench.out, 'report.html'), 'utf8')).toContain('ubt defend');
  });

  it.each([
    ['clean', { verdict: Verdict.VERDICT_CLEAN }, 0, 'untouched'],
    ['inconclusive', { verdict: Verdict.VERDICT_INCONCLUSIVE }, 3, 'untouched'],
    ['backdoored', { outcome: Outcome.OUTCOME_NOT_REPAIRED }, 2, 'not-repaired'],
  ])('exits by the verdict: %s', async (verdict, script, exitCode, outcome) => {
    const bench = await workbench();
    const ran = await bench.run(['defend', ...bench.subject, '--out', bench.out, '--json'], {
      fake: fakeStages(script),
    });
    expect(ran.code).toBe(exitCode);
    expect(onlyObject(ran.stdout)).toMatchObject({ verdict, outcome, exitCode });
    const written = await readdir(bench.out);
    expect(written.includes('model')).toBe(outcome !== 'untouched');
    expect(written).toContain('report.html');
  });

  it('prints tables and paths for people', async () => {
    const bench = await workbench();
    const { stdout } = await bench.run(['defend', ...bench.subject, '--out', bench.out], {
      fake: fakeStages(),
    });
    expect(stdout).toContain('Backdoor found and removed');
    expect(stdout).toMatch(/before +after/);
    expect(stdout).toContain(`Report         ${join(bench.out, 'report.html')}`);
  });

  it('passes a failed job on: as JSON, with exit code 1, and leaves nothing behind', async () => {
    const bench = await workbench();
    const violations = [{ field: 'pairs.csv:1', reason: 'no caption column' }];
    const detectorError = {
      ...{ code: 3, reason: 'PAIRS_COLUMN_MISSING', message: 'no caption column', fix: 'Add one.' },
      violations,
    };
    const { code, stdout, stderr } = await bench.run(
      ['defend', ...bench.subject, '--out', bench.out, '--json'],
      { fake: fakeStages({ detectorError }) },
    );
    expect(code).toBe(1);
    expect(onlyObject(stdout)).toEqual({
      error: {
        kind: 'invalid-argument',
        code: 'PAIRS_COLUMN_MISSING',
        message: "The detector's job jobs/d did not succeed: no caption column",
        fix: 'Add one.',
        violations,
      },
    });
    expect(stderr).toContain('services.log');
    expect(await readdir(bench.folder)).not.toContain('out');
  });

  it('cancels the job and exits 130 when it is interrupted', async () => {
    const bench = await workbench();
    const fake = fakeStages({ detectorHangs: true });
    const interruption = new AbortController();
    const running = bench.run(['defend', ...bench.subject, '--out', bench.out], {
      fake,
      signal: interruption.signal,
    });
    await waitFor(() => fake.jobs.detector.watches.length > 0);
    interruption.abort(new Interruption(130));
    expect((await running).code).toBe(130);
    expect(fake.jobs.detector.cancelled).toEqual(['jobs/d']);
    expect(await readdir(bench.folder)).not.toContain('out');
    const runs = onlyObject((await bench.run(['runs', '--json'])).stdout);
    expect(runs).toMatchObject({ runs: [{ command: 'defend', state: 'cancelled' }] });
  });

  it('goes on where a lost stream broke off', async () => {
    const bench = await workbench();
    const fake = fakeStages({ dropFirstWatch: true });
    const { code } = await bench.run(['defend', ...bench.subject, '--out', bench.out], { fake });
    expect(code).toBe(0);
    const { watches } = fake.jobs.detector;
    expect(watches.length).toBeGreaterThan(1);
    expect(watches[1]?.afterSequence).toBeGreaterThan(0n);
  });

  it('uses services that run elsewhere, by the same path', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const servers = await Promise.all(
      (['detector', 'selector', 'unlearner'] as const).map(async (stage) => {
        const dataDir = join(bench.folder, 'elsewhere', stage);
        return { stage, ...(await fake.launch[stage]({ env: { UBT_DATA_DIR: dataDir } })) };
      }),
    );
    const places = servers.flatMap(({ stage, address }) => [`--${stage}`, address]);
    try {
      const { code } = await bench.run(['defend', ...bench.subject, '--out', bench.out, ...places]);
      expect(code).toBe(0);
      expect(await readdir(bench.out)).toContain('model');
      const watched = await bench.run(['watch', servers[2]?.address ?? '', 'jobs/u', '--json']);
      expect(watched.code).toBe(0);
      expect(onlyObject(watched.stdout)).toMatchObject({ job: { state: 'succeeded' } });
      const listed = await bench.run(['runs', '--service', servers[0]?.address ?? '', '--json']);
      expect(onlyObject(listed.stdout)).toMatchObject({ jobs: [{ name: 'jobs/d', stage: 'detector' }] });
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it('refuses a folder with other results before it starts anything, unless forced', async () => {
    const bench = await workbench();
    await mkdir(join(bench.out, 'model'), { recursive: true });
    const fake = fakeStages({ verdict: Verdict.VERDICT_CLEAN });
    const refused = await bench.run(['defend', ...bench.subject, '--out', bench.out], { fake });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('[OUT_NOT_EMPTY]');
    expect(fake.started).toHaveLength(0);
    const forced = await bench.run(['defend', ...bench.subject, '--out', bench.out, '--force'], { fake });
    expect(forced.code).toBe(0);
    expect(await readdir(bench.out)).not.toContain('model');
  });

  it('lets the services read the inputs and nothing else, and keeps no working files', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    await bench.run(['defend', ...bench.subject, '--out', bench.out], { fake });
    expect(fake.started).toHaveLength(3);
    const { env, bus } = fake.started[0] ?? {};
    expect(env).toMatchObject({ UBT_HOST: '127.0.0.1', UBT_PORT: '0' });
    const roots = env?.UBT_ARTIFACT_ROOTS?.split(',') ?? [];
    expect(roots.slice(1)).toEqual([join(bench.folder, 'model'), bench.folder]);
    expect(new Set(fake.started.map((options) => options.bus))).toEqual(new Set([bus]));
    const [run = ''] = await readdir(join(bench.dataDir, 'runs'));
    expect(await readdir(join(bench.dataDir, 'runs', run))).not.toContain('work');
  });
});

describe('the stages one by one', () => {
  it('go on from folder to folder', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const detected = await bench.run(['detect', ...bench.subject, '--out', bench.out, '--json'], { fake });
    expect(onlyObject(detected.stdout)).toMatchObject({ verdict: null, exitCode: 0 });
    expect(fake.detects[0]?.run?.plan).toEqual({});
    expect(await readdir(bench.out)).toEqual(expect.arrayContaining(['detection-model', 'scores.jsonl']));

    const selected = await bench.run(['select', bench.out, '--json'], { fake });
    expect(selected.code).toBe(2);
    expect(onlyObject(selected.stdout)).toMatchObject({ verdict: 'backdoored', outcome: 'untouched' });
    expect(fake.selects[0]?.detection?.scores?.uri).toBe(`file://${join(bench.out, 'scores.jsonl')}`);

    const again = await bench.run(['select', bench.out], { fake });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('[RESULT_EXISTS]') });

    const unlearned = await bench.run(['unlearn', bench.out, '--json'], { fake });
    expect(unlearned.code).toBe(0);
    expect(fake.unlearns[0]?.selection?.selection?.uri).toBe(`file://${join(bench.out, 'selection.json')}`);
    expect(await readdir(bench.out)).toEqual(
      expect.arrayContaining(['model', 'report.html', 'scores.jsonl']),
    );
    const record = await readFile(join(bench.out, 'run.json'), 'utf8');
    expect(JSON.parse(record)).toMatchObject({
      detection: { scores: { uri: 'scores.jsonl' } },
      selection: { verdict: 'VERDICT_BACKDOORED' },
      unlearning: { model: { uri: 'model' } },
    });

    const drawn = await bench.run(['report', bench.out, '--json']);
    expect(onlyObject(drawn.stdout)).toMatchObject({ report: join(bench.out, 'report.html') });
  });

  it('say which stage is missing', async () => {
    const bench = await workbench();
    const { code, stdout } = await bench.run(['unlearn', bench.folder, '--json']);
    expect(code).toBe(1);
    expect(onlyObject(stdout)).toMatchObject({ error: { code: 'RUN_RECORD_MISSING' } });
  });
});

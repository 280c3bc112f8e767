import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createArtifactStore, digestFolder, type ArtifactStore } from '@ubt/artifacts';
import {
  startS3Server,
  temporaryDirectory,
  TINY_CLASSES,
  TINY_MODELS,
  writeTinyData,
  writeTinyShards,
  type S3Server,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { QUICK_DEFENCE, runUbt } from './run-ubt.js';

let server: S3Server;
let directory: TemporaryDirectory;
let store: ArtifactStore;
beforeAll(async () => {
  server = await startS3Server(['inputs', 'results']);
  directory = await temporaryDirectory('ubt-s3-defence-');
  const { endpoint, credentials } = server;
  store = createArtifactStore({
    ...{ roots: [], writeRoot: 's3://inputs', workFolder: join(directory.path, 'up') },
    s3: { endpoint, credentials },
  });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await directory.remove();
});

const MEASURED = { images: 2 * TINY_CLASSES.length, attackSuccessRate: expect.any(Number) };
const upload = (name: string, folder: string) =>
  store.putFolder(name, 'x/y', (path) => cp(folder, path, { recursive: true }));
const environment = (more: Record<string, string> = {}) => ({
  ...{ ...process.env, NODE_OPTIONS: '', UBT_THREADS: '1', UBT_DATA_DIR: join(directory.path, 'runs') },
  ...{ UBT_S3_ENDPOINT: server.endpoint, AWS_ACCESS_KEY_ID: server.credentials.accessKeyId },
  ...{ AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey, ...more },
});

/** Flags for everything that a model is measured on, below a folder or prefix. */
const evaluationIn = (place: string) => [
  ...['--eval', `${place}/evaluation.csv`, '--classes', `${place}/classes.txt`],
  ...['--trigger', `${place}/trigger.json`],
];

it('a whole defence takes models, pairs and images from S3 and hands everything on through S3', async () => {
  const suspect = await upload('suspect', TINY_MODELS.backdoored);
  const folder = join(directory.path, 'data');
  await writeTinyData(folder, { pairs: 480, poisoned: 40, mislabelled: 0, evaluationPerClass: 2 });
  const data = await upload('data', folder);
  // Nothing of it is left here.
  await rm(folder, { recursive: true });
  const out = join(directory.path, 'out');
  const ended = await runUbt(
    [
      ...['defend', '--model', suspect.uri, '--reference', TINY_MODELS.clean],
      ...['--pairs', `${data.uri}/pairs.csv`, ...evaluationIn(data.uri)],
      ...[...QUICK_DEFENCE, '--json', '--out', out],
    ],
    { cwd: directory.path, env: environment({ UBT_ARTIFACT_STORE: 's3://results/team' }) },
  );
  // 2 is a backdoor that was found and not repaired: these are few steps.
  expect([0, 2].includes(ended.code) ? '' : ended.stderr).toBe('');
  expect((JSON.parse(ended.stdout) as { verdict: string }).verdict).toBe('backdoored');
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as {
    inputs: Record<'model' | 'pairs', { uri: string; sha256: string }>;
    detection: { scoredPairs: number; skippedPairs: number };
    selection: { unlearnSet: { thumbnail?: string }[] };
    metrics: Record<'before' | 'after' | 'reference', { images: number; attackSuccessRate: number }>;
  };
  expect(report.metrics).toMatchObject({ before: MEASURED, after: MEASURED, reference: MEASURED });
  expect(report.inputs.model).toMatchObject({ uri: suspect.uri, sha256: suspect.sha256 });
  expect(report.inputs.pairs.uri).toBe(`${data.uri}/pairs.csv`);
  expect(report.detection).toMatchObject({ scoredPairs: 480, skippedPairs: 0 });
  expect(report.selection.unlearnSet[0]!.thumbnail).toMatch(/^data:image\//);
  const collected = await digestFolder(join(out, 'model'), [join(out, 'model')]);
  const kept = (await readdir(server.folderOf('results'), { recursive: true })).filter((name) =>
    name.endsWith('model/v-' + collected.sha256.slice(0, 16)),
  );
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatch(/^team\//);
}, 300_000);

it('detects on shards in S3, named by a pattern', async () => {
  const folder = join(directory.path, 'more');
  const data = await writeTinyData(folder, { pairs: 120, poisoned: 12, mislabelled: 0 });
  const names = await writeTinyShards(join(folder, 'shards'), data, 40);
  for (const name of names) {
    await store.putFile(`shards/${name}`, 'application/x-tar', (path) =>
      cp(join(folder, 'shards', name), path),
    );
  }
  const out = join(directory.path, 'detected');
  const ended = await runUbt(
    [
      ...['detect', '--model', TINY_MODELS.backdoored, '--pairs', 's3://inputs/shards/{000..002}.tar'],
      ...['--method', 'similarity', '--json', '--out', out],
    ],
    { cwd: directory.path, env: environment() },
  );
  expect(ended).toMatchObject({ code: 0 });
  const scores = (await readFile(join(out, 'scores.jsonl'), 'utf8')).trimEnd().split('\n');
  const ids = scores.map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids).toHaveLength(120);
  expect([ids[0], ids[119]]).toEqual(['000.tar/000000.png', '002.tar/000119.png']);
}, 300_000);

it('measures and inspects what lies in S3 as it does files', async () => {
  const here = join(directory.path, 'measured');
  const data = await writeTinyData(here, { pairs: 60, evaluationPerClass: 2 });
  await writeTinyShards(join(here, 'shards'), data, 20);
  const there = (await upload('measured', here)).uri;
  const model = (await upload('clean', TINY_MODELS.clean)).uri;
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await runUbt(args, { cwd: directory.path, env: environment() });
    expect(code === 0 ? '' : stderr).toBe('');
    return stdout;
  };
  const measure = (dir: string, place: string) =>
    said('evaluate', '--model', dir, '--pairs', `${place}/pairs.csv`, ...evaluationIn(place), '--json');
  const measured = await measure(model, there);
  expect(measured).toBe(await measure(TINY_MODELS.clean, here));
  expect(JSON.parse(measured)).toMatchObject({ counts: { images: 2 * TINY_CLASSES.length } });
  expect(await said('inspect', model)).toBe(await said('inspect', TINY_MODELS.clean));
  expect(await said('inspect', `${model}/model.safetensors`)).toBe(await said('inspect', TINY_MODELS.clean));
  for (const pairs of ['pairs.csv', 'shards', 'shards/{000..002}.tar']) {
    const seen = await said('inspect', `${there}/${pairs}`);
    expect(seen).toMatch(/60 of 60 can be used/);
    expect(seen).toBe(await said('inspect', `${here}/${pairs}`));
  }
}, 300_000);

it('measures a model that was left as it is on images in S3', async () => {
  const folder = join(directory.path, 'untouched');
  await writeTinyData(folder, { pairs: 600, mislabelled: 48, evaluationPerClass: 2 });
  const { uri } = await upload('untouched', folder);
  await rm(folder, { recursive: true });
  const out = join(directory.path, 'left');
  const ended = await runUbt(
    [
      ...['defend', '--model', TINY_MODELS.clean, '--pairs', `${uri}/pairs.csv`, ...evaluationIn(uri)],
      ...['--method', 'similarity', '--top-suspects', '16', '--json', '--out', out],
    ],
    { cwd: directory.path, env: environment() },
  );
  expect(ended).toMatchObject({ code: 0 });
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as object;
  expect(report).toMatchObject({ outcome: 'untouched', metrics: { before: MEASURED } });
}, 300_000);

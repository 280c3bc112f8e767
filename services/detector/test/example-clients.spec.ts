import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { digestFile } from '@ubt/artifacts';
import {
  freePort,
  noteNotRun,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  waitFor,
  writeTinyData,
  type ServiceProcess,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { EXAMPLE_CLIENTS, startClient, type ClientCommand, type RunningClient } from './example-client.js';

// The clients are built here, and the machine may be busy.
jest.setTimeout(1_200_000);

const ROOT = new URL('../../../', import.meta.url);
const MAIN = new URL('../dist/main.js', import.meta.url);
const LIMITS = { timeoutMs: 600_000, intervalMs: 50 };

it('are documented by the paths that they have', async () => {
  for (const page of ['docs/recipes.md', 'examples/README.md']) {
    const text = await readFile(new URL(page, ROOT), 'utf8');
    const paths = [...text.matchAll(/\bexamples\/[\w./-]*[\w/]/g)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(3);
    const committed = paths.filter((path) => !/\/(gen|\.venv|go\/detect)\b/.test(path));
    for (const path of committed) await expect(access(new URL(path, ROOT))).resolves.toBeUndefined();
  }
});

let directory: TemporaryDirectory;
let data: TinyData;
let broken = '';
let port = 0;
let service: ServiceProcess | undefined;
let client: RunningClient | undefined;
beforeAll(async () => {
  directory = await temporaryDirectory('ubt-clients-');
  data = await writeTinyData(join(directory.path, 'data'), { pairs: 120, poisoned: 12, mislabelled: 0 });
  broken = join(directory.path, 'data/broken.png');
  await writeFile(broken, 'not an image');
  port = await freePort();
});
afterEach(async () => {
  client?.kill();
  await service?.kill();
});
afterAll(() => directory.remove());

async function startDetector(): Promise<void> {
  service = await startServiceProcess({
    main: MAIN,
    env: {
      ...{ UBT_PORT: `${port}`, UBT_THREADS: '1', UBT_LOG_LEVEL: 'warn' },
      UBT_DATA_DIR: join(directory.path, 'service'),
      UBT_ARTIFACT_ROOTS: [join(directory.path, 'data'), join(TINY_MODELS.clean, '..')].join(','),
    },
  });
}

/** Waits until the client has said something more than once before. */
const says = (running: RunningClient, what: RegExp, from = 0): Promise<true> =>
  waitFor(() => what.test(running.progress().slice(from)), { ...LIMITS, what: String(what) });

for (const { language, missing, build } of EXAMPLE_CLIENTS) {
  const lacking = await missing();
  if (lacking !== undefined) {
    await noteNotRun(`the client in ${language}`, lacking);
    continue;
  }
  describe(`the client in ${language}`, () => {
    let command: ClientCommand;
    beforeAll(async () => {
      command = await build(directory.path);
    });
    const detect = (pairs: string, ...more: string[]): RunningClient =>
      (client = startClient(command, `127.0.0.1:${port}`, TINY_MODELS.backdoored, pairs, ...more));

    it('waits for a service, goes on after it was killed in the middle, and gives the result', async () => {
      const image = join(directory.path, 'data/images/0001.png');
      const running = detect(data.pairs, image, 'a photo of a lime', broken, 'a lime');
      await says(running, /trying again/);
      await startDetector();
      await says(running, /jobs\/\S+: \w/);
      await service!.kill();
      await says(running, /trying again/, running.progress().length);
      await startDetector();
      const { code, output, progress } = await running.ended;
      expect({ code, progress }).toMatchObject({ code: 0 });
      const [found, scores, ...single] = output.trim().split('\n');
      expect(found).toMatch(/^overfit-span: \d+ of 120 pairs are suspicious$/);
      const [, uri, sha256] = /^scores: (\S+) sha256 (\w{64})$/.exec(scores!)!;
      expect((await digestFile(fileURLToPath(uri!))).sha256).toBe(sha256);
      expect(single).toEqual([
        expect.stringMatching(/0001\.png: -?\d\.\d{3} (not )?suspicious, similarity -?\d\.\d{3}$/),
        expect.stringMatching(/broken\.png: .* \([A-Z_]+\)$/),
      ]);
    });

    it('prints what a refusal carries, and fails', async () => {
      await startDetector();
      const { code, output, progress } = await detect('/etc/passwd').ended;
      expect(code).toBe(1);
      expect(output).toBe('');
      expect(progress).toMatch(/^permission_?denied: .*\/etc\/passwd/i);
      expect(progress).toMatch(/^ {2}reason: PATH_OUTSIDE_ROOTS$/m);
      expect(progress).toMatch(/^ {2}\/etc\/passwd: path leads out of the allowed roots$/m);
      expect(progress).toMatch(/^ {2}fix: .*allow their folder as a root\.$/m);
    });

    it('tells a kind of URI that is not served by its reason', async () => {
      await startDetector();
      const { code, progress } = await detect('gopher://x/y').ended;
      expect(code).toBe(1);
      expect(progress).toMatch(/^ {2}reason: ARTIFACT_SCHEME_UNSUPPORTED$/m);
    });
  });
}

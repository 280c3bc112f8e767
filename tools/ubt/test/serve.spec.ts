import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@ubt/test-kit';
import { Interruption } from '../src/cli-io.js';
import { fakeStages } from './fake-stages.js';
import { workbench } from './run-in-process.js';

describe('ubt serve', () => {
  it('runs all three with one bus and readable artefacts until it is asked to stop', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const stop = new AbortController();
    const running = bench.run(['serve', 'all', '--port', '0', '--json'], { fake, signal: stop.signal });
    await waitFor(() => fake.started.length === 3);
    stop.abort(new Interruption(143));
    const { code, stdout } = await running;
    expect(code).toBe(0);
    const { services } = JSON.parse(stdout) as { services: { stage: string; address: string }[] };
    expect(services.map(({ stage }) => stage)).toEqual(['detector', 'selector', 'unlearner']);
    const folder = join(bench.dataDir, 'services');
    expect(fake.started.map(({ env }) => env.UBT_DATA_DIR)).toEqual([
      ...['detector', 'selector', 'unlearner'].map((stage) => join(folder, stage)),
    ]);
    expect(fake.started.map(({ env }) => env.UBT_ARTIFACT_ROOTS)).toEqual([folder, folder, folder]);
    expect(fake.started.every(({ bus }) => bus !== undefined && bus === fake.started[0]?.bus)).toBe(true);
  });

  it('gives each of the three a port for its health', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const stop = new AbortController();
    const env = { UBT_HEALTH_PORT: '8081' };
    const running = bench.run(['serve', 'all', '--port', '0'], { fake, signal: stop.signal, env });
    await waitFor(() => fake.started.length === 3);
    stop.abort(new Interruption(143));
    await running;
    expect(fake.started.map((started) => started.env.UBT_HEALTH_PORT)).toEqual(['8081', '8082', '8083']);
  });

  it('leaves one service alone to its own environment', async () => {
    const bench = await workbench();
    const fake = fakeStages();
    const stop = new AbortController();
    const args = ['serve', 'selector', '--host', '127.0.0.1'];
    const running = bench.run(args, { fake, signal: stop.signal });
    await waitFor(() => fake.started.length === 1);
    stop.abort(new Interruption(130));
    expect(await running).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^selector listens on 127\.0\.0\.1:\d+\n$/),
    });
    const [{ env, bus } = { env: {} }] = fake.started;
    expect({ ...env }).toEqual({ UBT_DATA_DIR: bench.dataDir, UBT_HOST: '127.0.0.1' });
    expect(bus).toBeUndefined();
  });
});

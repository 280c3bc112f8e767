import { describe, expect, it } from '@jest/globals';
import { startNatsServer } from '@ubt/test-kit';
import { workbench } from './run-in-process.js';

describe('ubt prepare', () => {
  it('prepares a NATS server, twice with the same result', async () => {
    await using broker = await startNatsServer();
    const bench = await workbench();
    const run = () => bench.run(['prepare', '--json'], { env: { UBT_NATS_URL: broker.url } });
    const first = await run();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      streams: ['UBT', 'UBT_DLQ', 'UBT_SHARDS', 'UBT_SHARD_RESULTS'],
      consumers: ['selector-after-detector', 'unlearner-after-selector', 'detector-shards'],
    });
    expect(await run()).toEqual(first);
  });

  it('needs to be told where, and says when nobody is there', async () => {
    const bench = await workbench();
    const nowhere = await bench.run(['prepare', '--json']);
    expect(nowhere.code).toBe(1);
    expect(JSON.parse(nowhere.stdout)).toMatchObject({ error: { code: 'NATS_URL_MISSING' } });
    const env = { UBT_NATS_URL: 'nats://127.0.0.1:1' };
    const silent = await bench.run(['prepare', '--timeout', '1', '--json'], { env });
    expect(silent.code).toBe(1);
    expect(JSON.parse(silent.stdout)).toMatchObject({ error: { code: 'BUS_UNAVAILABLE' } });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { startNatsServer, type NatsServer } from '@ubt/test-kit';
import { prepareBroker, stageConsumers } from '../src/index.js';

let broker: NatsServer;
beforeAll(async () => {
  broker = await startNatsServer();
});
afterAll(() => broker.stop());

const prepare = (options = {}) =>
  prepareBroker({ servers: [broker.url], consumers: stageConsumers(), timeoutMs: 10_000, ...options });

describe('prepareBroker', () => {
  it('makes the streams and the consumers of all stages, and leaves them when they are there', async () => {
    const first = await prepare();
    expect(first).toMatchObject({
      streams: ['UBT', 'UBT_DLQ', 'UBT_SHARDS', 'UBT_SHARD_RESULTS'],
      consumers: ['selector-after-detector', 'unlearner-after-selector', 'detector-shards'],
    });
    const nats = await connect({ servers: broker.url });
    const manager = await jetstreamManager(nats);
    const before = await manager.consumers.info('UBT', 'selector-after-detector');
    expect(before.config.filter_subject).toBe('ubt.v1.*.detector.completed');
    expect(before.num_pending).toBe(0);
    expect(await prepare()).toEqual(first);
    const after = await manager.consumers.info('UBT', 'selector-after-detector');
    expect(after.created).toBe(before.created);
    const shards = await manager.streams.info('UBT_SHARDS');
    expect(shards.config).toMatchObject({ retention: 'workqueue', subjects: ['ubt.shards.v1.*.*'] });
    await nats.close();
  });

  it('refuses a consumer that is there with another subject', async () => {
    const consumers = [{ durable: 'selector-after-detector', subjects: ['ubt.v1.*.detector.failed'] }];
    await expect(prepare({ consumers })).rejects.toMatchObject({ code: 'CONSUMER_MISCONFIGURED' });
  });

  it('says within its time that there is no NATS', async () => {
    const nowhere = prepare({ servers: ['nats://127.0.0.1:1'], timeoutMs: 500 });
    await expect(nowhere).rejects.toMatchObject({ kind: 'unavailable', code: 'BUS_UNAVAILABLE' });
  });
});

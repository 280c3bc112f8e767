import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createFileStore } from '@ubt/artifacts';
import { DetectRequest, packAny, ScoringShard } from '@ubt/contracts';
import { silentLogger, silentTelemetry, type JobRecord } from '@ubt/service-kit';
import { startNatsServer, temporaryDirectory, type NatsServer, type TemporaryDirectory } from '@ubt/test-kit';
import { readConfig } from '../src/config.js';
import { startShardCompanion } from '../src/shards/shard-companion.js';
import { markName, shardGroup, shardsFolder } from '../src/shards/shard-names.js';
import { openShardQueue } from '../src/shards/shard-queue.js';
import { DETECT_REQUEST } from '../src/type-names.js';

let broker: NatsServer;
let directory: TemporaryDirectory;
beforeAll(async () => {
  broker = await startNatsServer();
  directory = await temporaryDirectory();
});
afterAll(async () => {
  await broker.stop();
  await directory.remove();
});

const tools = { logger: silentLogger(), telemetry: silentTelemetry() };
const start = (env: Record<string, string>) => {
  const store = createFileStore({ roots: [], writeRoot: join(directory.path, 'artifacts') });
  return { store, companion: startShardCompanion({ ...tools, config: readConfig(env), env: {}, store }) };
};

it('has nothing to do without a broker, without shards, or for online scoring alone', () => {
  const natsUrl = { UBT_NATS_URL: broker.url };
  for (const env of [{}, { ...natsUrl, UBT_ROLE: 'online' }, { ...natsUrl, UBT_SHARD_PAIRS: '0' }]) {
    expect(start(env).companion).toBeUndefined();
  }
});

it('clears up after a job that was shared out, and leaves others alone', async () => {
  const { store, companion } = start({ UBT_NATS_URL: broker.url, UBT_ROLE: 'jobs' });
  const queue = openShardQueue({ ...readConfig({}), natsUrl: broker.url }, tools);
  const shardJob = { jobName: 'jobs/one', runId: 'run-1' };
  const request = packAny(
    DETECT_REQUEST,
    DetectRequest,
    DetectRequest.fromPartial({ run: { runId: 'run-1' } }),
  );
  const job = { name: 'jobs/one', request } as unknown as JobRecord;
  const group = shardGroup(shardJob);
  await queue.put({ group, id: '1-0-ab' }, ScoringShard.fromPartial(shardJob));
  await companion!.jobEnded(job);
  expect(await queue.open(group)).toEqual(new Set(['1-0-ab']));
  await store.putFile(markName(shardJob), 'text/plain', (path) => writeFile(path, ''));
  await companion!.jobEnded(job);
  expect(await queue.open(group)).toEqual(new Set());
  expect(await store.find(shardsFolder(shardJob))).toBeUndefined();
  await companion!.stop(0);
  await queue.close(0);
});

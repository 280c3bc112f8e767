import { expect, it } from '@jest/globals';
import type { ScoringShard } from '@ubt/contracts';
import { createShardProcess } from './shard-process.js';

it('refuses a shard when the system does not start its process', async () => {
  // The longest string that Linux takes as a variable is 128 KiB.
  const shards = createShardProcess({ env: { UBT_TOO_LONG: 'x'.repeat(200_000) } });
  const measured = shards.measure({} as ScoringShard, new AbortController().signal);
  await expect(measured).rejects.toMatchObject({ code: 'SHARD_WORKER_NOT_STARTED', kind: 'unavailable' });
  await shards.stop();
});

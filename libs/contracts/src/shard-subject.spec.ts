import { expect, it } from '@jest/globals';
import { parseShardSubject, shardSubject } from './index.js';

it('reads what it writes, and nothing else', () => {
  for (const kind of ['shards', 'shard-results'] as const) {
    const subject = shardSubject(kind, '7f1c-1', 'pass-1-0-ab');
    expect(parseShardSubject(subject)).toEqual({ kind, job: '7f1c-1', shard: 'pass-1-0-ab' });
  }
  for (const other of [
    'ubt.shards.v1.a',
    'ubt.shards.v1.A.b',
    'ubt.shards.v1.a.b.c',
    'ubt.v1.a.detector.failed',
  ]) {
    expect(parseShardSubject(other)).toBeUndefined();
  }
});

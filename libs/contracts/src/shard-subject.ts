/** What lies on a subject of shards: the shard itself, or how it ended. */
export type ShardSubjectKind = 'shards' | 'shard-results';

/** Subject of a shard: `ubt.shards.v1.<job>.<shard>`; `*` in place of a part makes a filter that matches any. */
export function shardSubject(kind: ShardSubjectKind, job: string, shard: string): string {
  return `ubt.${kind}.v1.${job}.${shard}`;
}

/** The parts of a shard's subject, or undefined when it is none. */
export function parseShardSubject(
  subject: string,
): { kind: ShardSubjectKind; job: string; shard: string } | undefined {
  const match = /^ubt\.(shards|shard-results)\.v1\.([a-z0-9-]{1,64})\.([a-z0-9-]{1,128})$/.exec(subject);
  if (match === null) return undefined;
  const [, kind, job, shard] = match as unknown as [string, ShardSubjectKind, string, string];
  return { kind, job, shard };
}

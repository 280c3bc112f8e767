import { defineConfig, integerField, portField, stageConfigFields, type Environment } from '@ubt/service-kit';
import { SCORES_FORMATS } from '@ubt/stage-files';
import { z } from 'zod';

/** The detector's configuration; every field is an environment variable. */
export const configSchema = z.object({
  ...stageConfigFields,
  checkpointSeconds: integerField(0, 3600, 10).meta({
    env: 'UBT_CHECKPOINT_SECONDS',
    description: 'Time between two notes of how far scoring has come; 0 writes one after every batch',
  }),
  port: portField(50051).meta({ env: 'UBT_PORT', description: 'Port to listen on; 0 takes a free one' }),
  role: z.enum(['all', 'jobs', 'shards', 'online']).default('all').meta({
    env: 'UBT_ROLE',
    description:
      'What this replica does beside ScorePairs: jobs and shards of jobs, only one of them, or neither (online)',
  }),
  shardPairs: integerField(0, 10_000_000, 16_384).meta({
    env: 'UBT_SHARD_PAIRS',
    description: 'Least pairs of a shard, which replicas share out over NATS; 0 never splits a job',
  }),
  shardFromPairs: integerField(1, 1_000_000_000, 65_536).meta({
    env: 'UBT_SHARD_FROM_PAIRS',
    description: 'Pairs from which a job is split into shards; smaller ones stay in one process',
  }),
  shardAckSeconds: integerField(1, 3600, 30).meta({
    env: 'UBT_SHARD_ACK_SECONDS',
    description: 'Silence of a replica after which its shard is given to another',
  }),
  scoreStreams: integerField(1, 10_000, 128).meta({
    env: 'UBT_SCORE_STREAMS',
    description: 'ScorePairs streams at once; more are refused with RESOURCE_EXHAUSTED',
  }),
  scoreMegabytes: integerField(4, 100_000, 128).meta({
    env: 'UBT_SCORE_MEGABYTES',
    description:
      'Images that all ScorePairs streams may hold together, in MiB; beyond it they are read more slowly',
  }),
  scoresFormat: z.enum(SCORES_FORMATS).default('jsonl').meta({
    env: 'UBT_SCORES_FORMAT',
    description: 'How scores are written; the other stages read both',
  }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads the environment, this process's unless told. @throws UbtError naming every variable that does not fit */
export const readConfig = (env: Environment = process.env): Config => defineConfig(configSchema, env);

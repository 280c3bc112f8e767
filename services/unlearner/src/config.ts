import { defineConfig, integerField, portField, stageConfigFields, type Environment } from '@ubt/service-kit';
import { z } from 'zod';

/** The unlearner's configuration; every field is an environment variable. */
export const configSchema = z.object({
  ...stageConfigFields,
  checkpointSeconds: integerField(0, 3600, 10).meta({
    env: 'UBT_CHECKPOINT_SECONDS',
    description: 'Time between two checkpoints of a running job; 0 writes one at every check',
  }),
  port: portField(50053).meta({ env: 'UBT_PORT', description: 'Port to listen on; 0 takes a free one' }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads the environment, this process's unless told. @throws UbtError naming every variable that does not fit */
export const readConfig = (env: Environment = process.env): Config => defineConfig(configSchema, env);

import { defineConfig, portField, stageConfigFields, type Environment } from '@ubt/service-kit';
import { z } from 'zod';

/** The selector's configuration; every field is an environment variable. */
export const configSchema = z.object({
  ...stageConfigFields,
  port: portField(50052).meta({ env: 'UBT_PORT', description: 'Port to listen on; 0 takes a free one' }),
});

export type Config = z.infer<typeof configSchema>;

/** Reads the environment, this process's unless told. @throws UbtError naming every variable that does not fit */
export const readConfig = (env: Environment = process.env): Config => defineConfig(configSchema, env);

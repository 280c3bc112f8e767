import { defineConfig, securityConfigFields } from '@ubt/service-kit';
import { z } from 'zod';
import type { Environment } from '../config.js';

const schema = z.object({
  ...securityConfigFields,
  natsUrl: z.url({ protocol: /^(nats|tls|wss?)$/ }).meta({ description: 'NATS server' }),
});

/**
 * How NATS is reached, from the variables that the services have for it. Nothing is served here, so only the way
 * to NATS has to be protected.
 *
 * @throws UbtError CONFIG_INVALID
 */
export function readBrokerConfig(env: Environment) {
  return { ...defineConfig(schema, env), host: '127.0.0.1' };
}

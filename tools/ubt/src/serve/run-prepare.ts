import { UbtError } from '@ubt/errors';
import { checkSecurity, natsSecurity, prepareBroker, silentLogger, stageConsumers } from '@ubt/service-kit';
import type { ActionContext } from '../cli.js';
import { EXIT } from '../output/exit-code.js';
import { readBrokerConfig } from './broker-config.js';

/** Flags of `ubt prepare`. */
export interface PrepareFlags {
  readonly replicas: number;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * Prepares the NATS server that the services are configured for.
 *
 * @throws UbtError NATS_URL_MISSING, CONFIG_INVALID, UNPROTECTED, and whatever keeps the server from being prepared
 */
export async function runPrepare(
  { replicas, timeout }: PrepareFlags,
  { io, output }: ActionContext,
): Promise<number> {
  const url = io.env.UBT_NATS_URL;
  if (!url) {
    throw new UbtError('invalid-argument', 'UBT_NATS_URL is not set, so there is no server to prepare.', {
      code: 'NATS_URL_MISSING',
      fix: 'Set it as the services have it: UBT_NATS_URL=nats://nats:4222',
    });
  }
  const config = readBrokerConfig(io.env);
  checkSecurity(config, silentLogger());
  const prepared = await prepareBroker({
    ...{ servers: [url], name: 'ubt-prepare', replicas },
    ...natsSecurity(config),
    consumers: stageConsumers(),
    timeoutMs: timeout * 1_000,
  });
  output.result(prepared, [
    `${prepared.server} has the streams ${prepared.streams.join(', ')}`,
    `and the consumers ${prepared.consumers.join(', ')}`,
  ]);
  return EXIT.ok;
}

import { Server } from '@grpc/grpc-js';
import type { HealthImplementation } from 'grpc-health-check';
import { bindServer } from './bind-server.js';

/** A server of health and nothing else. */
export interface HealthServer {
  readonly port: number;
  stop(): void;
}

/**
 * Serves health in plain text on a port of its own. Kubernetes' gRPC probes can neither speak TLS nor show a
 * certificate; this way they need not, and nothing but the health of services can be asked there.
 *
 * @throws UbtError PORT_IN_USE and the like
 */
export async function startHealthServer(
  health: HealthImplementation,
  host: string,
  port: number | undefined,
): Promise<HealthServer | undefined> {
  if (port === undefined) return undefined;
  const server = new Server({ 'grpc.max_receive_message_length': 4_096, 'grpc.max_concurrent_streams': 100 });
  health.addToServer(server);
  const bound = await bindServer(server, host, port);
  return { port: bound, stop: () => server.forceShutdown() };
}

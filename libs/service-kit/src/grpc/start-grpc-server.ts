import { readFile } from 'node:fs/promises';
import type { ServerCredentials } from '@grpc/grpc-js';
import {
  logVerbosity,
  Server,
  setLogVerbosity,
  type ChannelOptions,
  type ServerInterceptor,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { bindServer } from './bind-server.js';
import { startHealthServer } from './health-server.js';
import { serverTelemetry } from './server-telemetry.js';
import { stopServer } from './stop-server.js';

/** A service to serve, as ts-proto generates it, and its handlers. */
export interface HostedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Bounds on what a client may send or hold open. */
export interface ServerLimits {
  /** Largest message taken, in bytes; 4 MiB unless told. */
  readonly receiveBytes?: number;
  /** Largest message sent, in bytes; 4 MiB unless told. */
  readonly sendBytes?: number;
  /** Calls at once on one connection; 1000 unless told. */
  readonly concurrentStreams?: number;
}

/** How connections are kept alive and renewed; all in milliseconds. */
export interface ServerKeepalive {
  /** Time without traffic until the server pings; 60 s unless told. */
  readonly timeMs?: number;
  /** Time a ping may take; 20 s unless told. */
  readonly timeoutMs?: number;
  /** Age at which a connection is closed so that clients find new replicas; never unless told. */
  readonly maxConnectionAgeMs?: number;
  /** Time calls get to end on such a connection; 60 s unless told. */
  readonly maxConnectionAgeGraceMs?: number;
}

/** What to serve, where and how. */
export interface GrpcServerOptions {
  readonly services: readonly HostedService[];
  /** Address to listen on; loopback unless told. */
  readonly host?: string;
  /** Port; a free one unless told. */
  readonly port?: number;
  /** Server reflection (v1 and v1alpha) from a compiled FileDescriptorSet. */
  readonly reflection?: { readonly enabled: boolean; readonly descriptorSet: string };
  readonly limits?: ServerLimits;
  readonly keepalive?: ServerKeepalive;
  /** Run after the built-in tracing and logging. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** TLS; plain text unless told. */
  readonly credentials?: ServerCredentials;
  /** Port for health alone, in plain text, for probes that cannot show a certificate; none unless told. */
  readonly healthPort?: number;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
  /** Time between NOT_SERVING and refusing new calls at stop, so that load balancers notice; 0 unless told. */
  readonly drainDelayMs?: number;
}

/** A gRPC server that listens. */
export interface GrpcServer {
  /** host:port to dial. */
  readonly address: string;
  readonly port: number;
  /** Port of the plain-text health service, where there is one. */
  readonly healthPort: number | undefined;
  /** Sets the health of a service (full name), or of anything else a probe may ask for by name. */
  setServing(name: string, serving: boolean): void;
  /** NOT_SERVING, drain delay, wait for open calls, at most `graceMs` (5 s) in all, then cut the rest. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Serves gRPC with health v1 (one entry per service, and "" for the whole), reflection, limits, keepalive,
 * tracing and logging.
 *
 * @throws UbtError `failed-precondition`, code PORT_IN_USE, or what else kept it from listening
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  // The library would write its failures to the console; they reach callers as errors, once.
  setLogVerbosity(logVerbosity.NONE);
  const logger = options.logger ?? silentLogger();
  const telemetry = options.telemetry ?? silentTelemetry();
  const server = new Server({
    ...channelOptions(options.limits ?? {}, options.keepalive ?? {}),
    interceptors: [serverTelemetry(telemetry, logger), ...(options.interceptors ?? [])],
  });
  const names = options.services.map(({ definition }) => serviceName(definition));
  const health = new HealthImplementation();
  const setServing = (name: string, serving: boolean) =>
    health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');

  for (const { definition, implementation } of options.services)
    server.addService(definition, implementation);
  health.addToServer(server);
  if (options.reflection?.enabled === true)
    await addReflection(server, names, options.reflection.descriptorSet);

  const host = options.host ?? '127.0.0.1';
  const port = await bindServer(server, host, options.port ?? 0, options.credentials);
  const probes = await startHealthServer(health, host, options.healthPort).catch((error: unknown) => {
    server.forceShutdown();
    throw error;
  });
  for (const name of ['', ...names]) setServing(name, true);
  logger.info({ host, port, health_port: probes?.port, services: names }, 'gRPC server listens');
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    healthPort: probes?.port,
    setServing,
    stop: async (graceMs = 5_000) => {
      for (const name of ['', ...names]) setServing(name, false);
      await stopServer(server, graceMs, options.drainDelayMs ?? 0);
      // Probes see NOT_SERVING to the end.
      probes?.stop();
      logger.info({ port }, 'gRPC server stopped');
    },
  };
}

/** Full name of a service: `ubt.job.v1.Jobs`. */
export function serviceName(definition: ServiceDefinition): string {
  return Object.values(definition)[0]!.path.split('/')[1]!;
}

async function addReflection(server: Server, names: string[], descriptorSet: string): Promise<void> {
  const descriptors = loadFileDescriptorSetFromBuffer(await readFile(descriptorSet));
  new ReflectionService(descriptors, { services: names }).addToServer(server);
}

function channelOptions(limits: ServerLimits, keepalive: ServerKeepalive): ChannelOptions {
  const { maxConnectionAgeMs, maxConnectionAgeGraceMs = 60_000 } = keepalive;
  return {
    'grpc.max_receive_message_length': limits.receiveBytes ?? 4 * 1024 * 1024,
    'grpc.max_send_message_length': limits.sendBytes ?? 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': limits.concurrentStreams ?? 1_000,
    'grpc.keepalive_time_ms': keepalive.timeMs ?? 60_000,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs ?? 20_000,
    ...(maxConnectionAgeMs === undefined
      ? {}
      : {
          'grpc.max_connection_age_ms': maxConnectionAgeMs,
          'grpc.max_connection_age_grace_ms': maxConnectionAgeGraceMs,
        }),
  };
}

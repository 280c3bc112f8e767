import type { ClientOptions, ServiceDefinition } from '@grpc/grpc-js';
import { serviceName } from './start-grpc-server.js';

/** Channel options: round-robin, retries of idempotent methods, keepalive, message limits. */
export function clientOptions(
  definition: ServiceDefinition,
  options: { readonly messageBytes?: number; readonly idempotent?: readonly string[] },
): ClientOptions {
  const messageBytes = options.messageBytes ?? 4 * 1024 * 1024;
  return {
    'grpc.service_config': JSON.stringify(serviceConfig(definition, options.idempotent)),
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': messageBytes,
    'grpc.max_send_message_length': messageBytes,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
  };
}

/** The gRPC service config: https://github.com/grpc/grpc/blob/master/doc/service_config.md */
export function serviceConfig(definition: ServiceDefinition, idempotent?: readonly string[]) {
  const service = serviceName(definition);
  const retried = Object.entries(definition)
    .filter(([key, method]) => idempotent?.includes(key) ?? !(method.requestStream || method.responseStream))
    .map(([, method]) => ({ service, method: method.path.split('/')[2]! }));
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: '0.2s',
    maxBackoff: '2s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE'],
  };
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: retried.length === 0 ? [] : [{ name: retried, retryPolicy }],
  };
}

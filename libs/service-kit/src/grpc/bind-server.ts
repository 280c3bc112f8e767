import { createServer } from 'node:net';
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import { UbtError } from '@ubt/errors';

/**
 * Binds a server and gives the port it got.
 *
 * @throws UbtError `failed-precondition` PORT_IN_USE, `permission-denied`, or `internal` BIND_FAILED
 */
export async function bindServer(
  server: Server,
  host: string,
  port: number,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<number> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    return await new Promise<number>((resolve, reject) => {
      server.bindAsync(target, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
  } catch (cause) {
    throw await bindFailure(host, port, target, cause as Error);
  }
}

/** gRPC reports a failed bind in words only, so the reason is found by trying the port once more without it. */
async function bindFailure(host: string, port: number, target: string, cause: Error): Promise<UbtError> {
  const reason = await listenError(host, port);
  const message = `Cannot listen on ${target}: ${reason?.message ?? cause.message}`;
  if (reason === undefined) return new UbtError('internal', message, { code: 'BIND_FAILED', cause });
  const { kind, code, fix } = UbtError.from(reason);
  if (code === 'UNEXPECTED') {
    const fix = 'Use an address of this machine.';
    return new UbtError('invalid-argument', message, { code: 'ADDRESS_NOT_AVAILABLE', fix, cause });
  }
  return new UbtError(kind, message, { code, ...(fix === undefined ? {} : { fix }), cause });
}

function listenError(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}

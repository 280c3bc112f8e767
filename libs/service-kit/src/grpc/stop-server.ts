import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '@grpc/grpc-js';

/**
 * Stops a server inside a bound: waits the drain delay, lets open calls end, and cuts what is still open
 * (an endless Health.Watch, for one) when the grace is over.
 */
export async function stopServer(server: Server, graceMs: number, drainDelayMs: number): Promise<void> {
  const end = Date.now() + graceMs;
  if (drainDelayMs > 0) await sleep(Math.min(drainDelayMs, graceMs));
  let timer: NodeJS.Timeout | undefined;
  const shutdown = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, end - Date.now()));
  });
  await Promise.race([shutdown, grace]);
  clearTimeout(timer);
  server.forceShutdown();
}

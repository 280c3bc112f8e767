import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands between the stages and their S3 server, and can be slow or out of order. */
export interface StoreProxy {
  readonly endpoint: string;
  /** Holds every request up for that long, in milliseconds. */
  delay(milliseconds: number): void;
  /** Answers every request with 503 from now on, or no longer. */
  refuse(everything: boolean): void;
  /** Requests held up or refused since the last call. */
  disturbed(): number;
  close(): Promise<void>;
}

/** Starts a proxy on loopback. Host and path are passed on as they are, so that signatures stay valid. */
export async function startStoreProxy(target: string): Promise<StoreProxy> {
  const { hostname, port } = new URL(target);
  const state = { delayMs: 0, refuses: false, disturbed: 0 };
  const server = createServer((incoming, outgoing) => {
    const answer = async () => {
      if (state.refuses || state.delayMs > 0) state.disturbed += 1;
      if (state.refuses) {
        incoming.resume();
        return void outgoing.writeHead(503).end();
      }
      await sleep(state.delayMs);
      const { method, url, headers } = incoming;
      const passed = request({ hostname, port, method, path: url, headers }, (answered) => {
        outgoing.writeHead(answered.statusCode!, answered.headers);
        answered.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: (milliseconds) => void (state.delayMs = milliseconds),
    refuse: (everything) => void (state.refuses = everything),
    disturbed: () => {
      const { disturbed } = state;
      state.disturbed = 0;
      return disturbed;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

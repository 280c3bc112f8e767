import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server in front of another one that misbehaves when it is told to. */
export interface FlakyProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Breaks the connection of the next answers with a body of more than that many bytes. */
  breakBodies(of: { afterBytes: number; times: number }): void;
  broken(): number;
  /** Answers the next requests that send something with 503. */
  answerBusy(times: number): void;
  busyAnswers(): number;
  /** Answers 503 to everything that is sent to a key with that end. */
  refuseKeys(end: string): void;
}

/** Starts one on loopback. Host and path are passed on as they are, so that signatures stay valid. */
export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const state = { afterBytes: 0, breaks: 0, broken: 0, busy: 0, busyAnswers: 0, refused: '' };
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const sends = incoming.method === 'PUT' || incoming.method === 'POST';
    const path = new URL(incoming.url!, target).pathname;
    if (sends && (state.busy > 0 || (state.refused !== '' && path.endsWith(state.refused)))) {
      if (state.busy > 0) state.busyAnswers++;
      state.busy = Math.max(0, state.busy - 1);
      incoming.resume();
      outgoing.writeHead(503).end();
      return;
    }
    const { method, url, headers } = incoming;
    const passed = request({ hostname, port, method, path: url, headers }, (answer) =>
      relay(method === 'GET', answer, outgoing),
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  const relay = (isRead: boolean, answer: IncomingMessage, outgoing: ServerResponse) => {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    const isLarge = Number(answer.headers['content-length'] ?? 0) > state.afterBytes;
    if (state.breaks === 0 || !isLarge || !isRead) return void answer.pipe(outgoing);
    state.breaks--;
    state.broken++;
    let sent = 0;
    answer.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, state.afterBytes - sent);
      sent += part.length;
      outgoing.write(part);
      if (sent < state.afterBytes) return;
      answer.destroy();
      // What was written has to arrive before the connection goes.
      setTimeout(() => outgoing.destroy(), 20);
    });
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakBodies: ({ afterBytes, times }) => Object.assign(state, { afterBytes, breaks: times, broken: 0 }),
    broken: () => state.broken,
    answerBusy: (times) => (state.busy = times),
    busyAnswers: () => state.busyAnswers,
    refuseKeys: (end) => (state.refused = end),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

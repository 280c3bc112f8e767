import { once } from 'node:events';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { openCall, type CallContext, type OpenCall } from './call-context.js';

/** Serves a unary method with a function; what it throws becomes the gRPC status. */
export function unary<Request, Response>(
  handler: (request: Request, context: CallContext) => Promise<Response> | Response,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const open = openCall(call);
    untilAborted(open.context.signal, async () => handler(call.request, open.context))
      .then(
        (response) => callback(null, response),
        (thrown: unknown) => callback(open.fail(thrown)),
      )
      .finally(open.close);
  };
}

/** Serves a server-streaming method with an async generator; a slow reader slows the generator down. */
export function serverStream<Request, Response>(
  handler: (request: Request, context: CallContext) => AsyncIterable<Response>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const open = openCall(call);
    void pump(call, open, () => handler(call.request, open.context));
  };
}

/** Serves a bidirectional method: requests come as an async iterable, responses leave as one. */
export function bidi<Request, Response>(
  handler: (requests: AsyncIterable<Request>, context: CallContext) => AsyncIterable<Response>,
): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    const open = openCall(call);
    // Leaving the loop over the requests must not destroy the stream: its other half still answers.
    const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>;
    void pump(call, open, () => handler(requests, open.context));
  };
}

async function pump<Request, Response>(
  call: ServerWritableStream<Request, Response> | ServerDuplexStream<Request, Response>,
  open: OpenCall,
  source: () => AsyncIterable<Response>,
): Promise<void> {
  const { signal } = open.context;
  let iterator: AsyncIterator<Response> | undefined;
  try {
    iterator = source()[Symbol.asyncIterator]();
    const next = iterator.next.bind(iterator);
    for (;;) {
      const { done, value } = await untilAborted(signal, next);
      if (done === true) break;
      if (!call.write(value)) await once(call, 'drain', { signal });
    }
    call.end();
  } catch (thrown) {
    call.emit('error', open.fail(thrown));
  } finally {
    open.close();
    // A generator that waits for something else is told to finish, but nobody waits for it.
    void Promise.resolve(iterator?.return?.()).catch(() => undefined);
  }
}

/** The result of the work, or the signal's reason as soon as it is aborted. */
async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}

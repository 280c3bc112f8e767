import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { descriptorSetPath, DetectorService, Job, JobsService, type JobsServer } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { freePort, waitFor } from '@ubt/test-kit';
import { service as healthService } from 'grpc-health-check';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ServiceClient } from './connect.js';
import type { CallContext } from './call-context.js';
import { bidi, serverStream, unary } from './handlers.js';
import { startGrpcServer, type GrpcServer, type GrpcServerOptions } from './start-grpc-server.js';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const job = (name: string) => Job.fromPartial({ name });

function jobsHandlers(over: Partial<JobsServer> = {}): JobsServer {
  return {
    getJob: unary(({ name }) => ({ job: job(name) })),
    listJobs: unary(() => ({ jobs: [], nextPageToken: '' })),
    watchJob: serverStream(async function* ({ name }) {
      for (let index = 0; index < 3; index++) yield { job: job(`${name}/${index}`) };
    }),
    cancelJob: unary(({ name }) => ({ job: job(name) })),
    ...over,
  };
}

async function serve(
  over: Partial<JobsServer> = {},
  options: Partial<GrpcServerOptions> = {},
): Promise<{ server: GrpcServer; client: ServiceClient<typeof JobsService> }> {
  const services = [{ definition: JobsService, implementation: jobsHandlers(over) }];
  const server = await startGrpcServer({ services, ...options });
  open.push(() => server.stop(200));
  const client = connect(JobsService, server.address, { deadlineMs: 5_000 });
  open.push(() => client.close());
  return { server, client };
}

async function failureOf(work: Promise<unknown>): Promise<UbtError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(UbtError);
  return thrown as UbtError;
}

describe('calls', () => {
  it('answers unary and streaming calls', async () => {
    const { client } = await serve();
    await expect(client.getJob({ name: 'jobs/1' })).resolves.toMatchObject({ job: { name: 'jobs/1' } });
    const seen: string[] = [];
    for await (const { job } of client.watchJob({ name: 'jobs/1', afterSequence: 0n })) seen.push(job!.name);
    expect(seen).toEqual(['jobs/1/0', 'jobs/1/1', 'jobs/1/2']);
  });

  it('carries an error with its code, fix, violations and retry delay to the client', async () => {
    const error = new UbtError('invalid-argument', 'pairs.csv is empty.', {
      code: 'PAIRS_EMPTY',
      fix: 'Give at least one pair.',
      violations: [{ field: 'subject.pairs', reason: 'no rows' }],
      retryAfterMs: 1_500,
    });
    const { client } = await serve({ getJob: unary(() => Promise.reject(error)) });
    const failure = await failureOf(client.getJob({ name: 'jobs/1' }));
    expect(failure.toJSON()).toEqual(error.toJSON());
  });

  it('answers an unexpected failure with INTERNAL and stays up', async () => {
    const { client } = await serve({
      cancelJob: unary(() => {
        throw new TypeError('x is not a function');
      }),
    });
    expect(await failureOf(client.cancelJob({ name: 'jobs/1' }))).toMatchObject({
      kind: 'internal',
      code: 'UNEXPECTED',
    });
    await expect(client.getJob({ name: 'jobs/2' })).resolves.toBeDefined();
  });

  it('ends a call at its deadline and tells the handler', async () => {
    let context: CallContext | undefined;
    const { client } = await serve({
      getJob: unary(async (_, ctx) => {
        context = ctx;
        await sleep(5_000, undefined, { signal: ctx.signal });
        return { job: undefined };
      }),
    });
    const failure = await failureOf(client.getJob({ name: 'jobs/1' }, { deadlineMs: 100 }));
    expect(failure.kind).toBe('deadline-exceeded');
    await waitFor(() => context!.signal.aborted);
    expect(context!.signal.reason).toMatchObject({
      code: expect.stringMatching(/DEADLINE_EXCEEDED|CALL_CANCELLED/),
    });
    expect(context!.deadline).toBeInstanceOf(Date);
  });

  it('tells the handler when the caller cancels', async () => {
    let signal: AbortSignal | undefined;
    const { client } = await serve({
      getJob: unary(async (_, ctx) => {
        signal = ctx.signal;
        await new Promise(() => undefined);
        return { job: undefined };
      }),
    });
    const controller = new AbortController();
    const call = failureOf(client.getJob({ name: 'jobs/1' }, { signal: controller.signal }));
    await waitFor(() => signal);
    controller.abort();
    expect((await call).kind).toBe('cancelled');
    await waitFor(() => signal!.aborted);
  });

  it('slows a stream down to its reader, and ends the generator when the reader leaves', async () => {
    let produced = 0;
    let ended = false;
    const { client } = await serve({
      watchJob: serverStream(async function* () {
        try {
          for (; produced < 10_000; produced++) yield { job: job('x'.repeat(10_000)) };
        } finally {
          ended = true;
        }
      }),
    });
    let read = 0;
    for await (const update of client.watchJob({ name: 'jobs/1', afterSequence: 0n })) {
      expect(update.job).toBeDefined();
      if (++read === 3) {
        await sleep(200);
        break;
      }
    }
    await waitFor(() => ended);
    expect(produced).toBeLessThan(1_000);
  });

  it('gives a stream its error after the messages', async () => {
    const { client } = await serve({
      watchJob: serverStream(async function* () {
        yield { job: job('jobs/1') };
        throw new UbtError('not-found', 'gone', { code: 'JOB_GONE' });
      }),
    });
    const seen: unknown[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const update of client.watchJob({ name: 'a', afterSequence: 0n })) seen.push(update);
      })(),
    );
    expect(seen).toHaveLength(1);
    expect(failure).toMatchObject({ kind: 'not-found', code: 'JOB_GONE' });
  });

  it('answers a bidirectional stream item by item', async () => {
    const implementation = {
      detect: unary(() => ({ job: undefined })),
      scorePairs: bidi(async function* (requests: AsyncIterable<{ id?: string }>) {
        for await (const request of requests) yield { id: request.id ?? '' };
      }),
    };
    const server = await startGrpcServer({
      services: [{ definition: DetectorService, implementation: implementation as never }],
    });
    open.push(() => server.stop(200));
    const client = connect(DetectorService, server.address);
    open.push(() => client.close());
    async function* requests() {
      for (let index = 0; index < 5; index++) yield {} as never;
    }
    let answers = 0;
    for await (const answer of client.scorePairs(requests())) {
      expect(answer).toBeDefined();
      answers++;
    }
    expect(answers).toBe(5);
  });

  it('names the peer when nothing listens', async () => {
    const port = await freePort();
    const client = connect(JobsService, `127.0.0.1:${port}`, { deadlineMs: 3_000 });
    open.push(() => client.close());
    const failure = await failureOf(client.getJob({ name: 'jobs/1' }));
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'GRPC_UNAVAILABLE' });
    expect(failure.message).toContain(`127.0.0.1:${port}`);
    expect(await failureOf(client.ready(100))).toMatchObject({ code: 'SERVICE_UNREACHABLE' });
  });

  it('retries a call the service was not there for', async () => {
    let calls = 0;
    const { client } = await serve({
      getJob: unary(({ name }) => {
        if (++calls < 3) throw new UbtError('unavailable', 'warming up', { code: 'WARMING_UP' });
        return { job: job(name) };
      }),
    });
    await expect(client.getJob({ name: 'jobs/1' })).resolves.toBeDefined();
    expect(calls).toBe(3);
  });

  it('refuses a message above the limit', async () => {
    const { client } = await serve({}, { limits: { receiveBytes: 10_000 } });
    const failure = await failureOf(client.getJob({ name: 'x'.repeat(20_000) }));
    expect(failure.kind).toBe('resource-exhausted');
  });
});

describe('the server', () => {
  const healthClient = (address: string) => {
    const client = new Client(address, credentials.createInsecure());
    open.push(() => client.close());
    const { path, requestSerialize, responseDeserialize } = healthService.Check!;
    return (name: string) =>
      new Promise<unknown>((resolve, reject) =>
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          { service: name },
          new Metadata(),
          (error, response) => (error ? reject(error) : resolve((response as { status: unknown }).status)),
        ),
      );
  };

  it('reports health for the whole and for each service', async () => {
    const { server } = await serve();
    const check = healthClient(server.address);
    await expect(check('')).resolves.toBe('SERVING');
    await expect(check('ubt.job.v1.Jobs')).resolves.toBe('SERVING');
    await expect(check('no.such.Service')).rejects.toMatchObject({ code: status.NOT_FOUND });
    server.setServing('events', false);
    await expect(check('events')).resolves.toBe('NOT_SERVING');
  });

  it('serves reflection of both versions, or not', async () => {
    const descriptorSet = descriptorSetPath;
    const on = await serve({}, { reflection: { enabled: true, descriptorSet } });
    const off = await serve({}, { reflection: { enabled: false, descriptorSet } });
    for (const version of ['v1', 'v1alpha']) {
      await expect(listServices(on.server.address, version)).resolves.toContain('ubt.job.v1.Jobs');
      await expect(listServices(off.server.address, version)).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
      });
    }
  });

  it('names a port that is taken', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => void taken.close(() => resolve())));
    const failure = await failureOf(startGrpcServer({ services: [], port }));
    expect(failure).toMatchObject({ kind: 'failed-precondition', code: 'PORT_IN_USE' });
    expect(failure.message).toContain(`127.0.0.1:${port}`);
    expect(await failureOf(startGrpcServer({ services: [], host: '192.0.2.1' }))).toMatchObject({
      code: 'ADDRESS_NOT_AVAILABLE',
    });
  });

  it('lets open calls end at stop, in bounded time even with an endless stream', async () => {
    const { server, client } = await serve({
      getJob: unary(async ({ name }) => {
        await sleep(150);
        return { job: job(name) };
      }),
      watchJob: serverStream(async function* (_, { signal }) {
        yield { job: job('jobs/1') };
        await sleep(60_000, undefined, { signal });
      }),
    });
    const watching = (async () => {
      for await (const update of client.watchJob({ name: 'jobs/1', afterSequence: 0n })) void update;
    })().catch(UbtError.from);
    const answer = client.getJob({ name: 'jobs/1' });
    await sleep(50);
    const started = Date.now();
    await server.stop(600);
    expect(Date.now() - started).toBeLessThan(1_500);
    await expect(answer).resolves.toBeDefined();
    expect(await watching).toBeInstanceOf(UbtError);
  });
});

/** The raw answer to `list_services`, field 7 of the request. */
function listServices(address: string, version: string): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  open.push(() => client.close());
  const bytes = (value: Buffer) => value;
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, bytes, bytes);
    call.on('data', (answer: Buffer) => {
      resolve(answer.toString('latin1'));
      call.end();
    });
    call.on('error', reject);
    call.write(Buffer.from([(7 << 3) | 2, 0]));
  });
}

it('keeps the compiled contract readable', () => {
  expect(Object.keys(loadFileDescriptorSetFromBuffer(readFileSync(descriptorSetPath)))).toContain(
    'ubt.job.v1.Jobs',
  );
});

import { rename, writeFile } from 'node:fs/promises';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { credentials, Metadata } from '@grpc/grpc-js';
import { DetectorService, descriptorSetPath, Job, JobsService, ScorePairsRequest } from '@ubt/contracts';
import {
  certificateAuthority,
  HealthService,
  ReflectionService,
  temporaryDirectory,
  waitFor,
  writeCertificate,
  type CertificateAuthority,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import {
  bidi,
  connect,
  createLogger,
  newToken,
  openClientSecurity,
  serverStream,
  startGrpcServer,
  tokenDigest,
  unary,
  type ClientSecurity,
  type ClientSecuritySettings,
  type GrpcServer,
  type ServiceClient,
} from '../src/index.js';
import { openServerSecurity } from '../src/security/server-security.js';

jest.setTimeout(60_000);
let directory: TemporaryDirectory;
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
/** Paths of PEM files, made once: keys take time. */
const files: Record<string, { cert: string; key: string }> = {};
const ca = () => join(directory.path, 'ca.crt');
const open: (() => Promise<void> | void)[] = [];
const tokens = { operator: newToken(), reader: newToken(), scorer: newToken(), old: newToken() };

beforeAll(async () => {
  directory = await temporaryDirectory('ubt-security-');
  authority = certificateAuthority();
  stranger = certificateAuthority('somebody else');
  await writeFile(ca(), authority.cert);
  const issued = {
    server: authority.issue({ dns: ['localhost'], ips: ['127.0.0.1'] }),
    gateway: authority.issue({ uris: ['spiffe://ubt/gateway'], ownKey: true }),
    viewer: authority.issue({ commonName: 'viewer' }),
    unknown: authority.issue({ commonName: 'nobody' }),
    expired: authority.issue({ commonName: 'viewer', notAfter: new Date(Date.now() - 60_000) }),
    forged: stranger.issue({ uris: ['spiffe://ubt/gateway'] }),
    elsewhere: authority.issue({ dns: ['other.example'] }),
  };
  for (const [name, certificate] of Object.entries(issued)) {
    files[name] = await writeCertificate(directory.path, name, certificate);
  }
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => directory.remove());

const token = (value: string, expires?: string) => ({
  sha256: tokenDigest(value).toString('hex'),
  ...(expires === undefined ? {} : { expires }),
});
const policy = () => ({
  roles: { watcher: ['ubt.job.v1.Jobs/WatchJob'] },
  callers: [
    { name: 'platform', roles: ['operator'], tokens: [token(tokens.operator)] },
    { name: 'dashboard', roles: ['reader'], tokens: [token(tokens.reader)], certificates: ['cn:viewer'] },
    {
      name: 'gateway',
      roles: ['scorer'],
      tokens: [token(tokens.scorer)],
      certificates: ['uri:spiffe://ubt/gateway'],
    },
    { name: 'former', roles: ['operator'], tokens: [token(tokens.old, '2020-01-01T00:00:00Z')] },
  ],
});

async function writePolicy(content: unknown, name = 'access.json'): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${path}.new`, path);
  return path;
}

const log: string[] = [];

async function serve(
  settings: Partial<Parameters<typeof openServerSecurity>[0]> & { healthPort?: number } = {},
) {
  log.length = 0;
  const logger = createLogger({
    name: 'test',
    level: 'debug',
    destination: { write: (line) => log.push(line) },
  });
  const { healthPort, ...security } = settings;
  const opened = await openServerSecurity(
    { tlsClientAuth: 'required', reloadSeconds: 1, ...security },
    logger,
  );
  const server = await startGrpcServer({
    services: [
      {
        definition: JobsService,
        implementation: {
          getJob: unary(({ name }, { metadata }) => ({
            job: Job.fromPartial({ name, runId: metadata.get('authorization').join() }),
          })),
          listJobs: unary(() => ({ jobs: [], nextPageToken: '' })),
          watchJob: serverStream(async function* ({ name }) {
            yield { job: Job.fromPartial({ name }) };
          }),
          cancelJob: unary(({ name }) => ({ job: Job.fromPartial({ name }) })),
        },
      },
      {
        definition: DetectorService,
        implementation: {
          detect: unary(() => ({ job: undefined })),
          scorePairs: bidi(async function* (requests) {
            for await (const { message } of requests) yield { id: message?.$case ?? 'nothing' };
          }),
        },
      },
    ],
    reflection: { enabled: true, descriptorSet: descriptorSetPath },
    credentials: opened.credentials,
    interceptors: opened.interceptors,
    ...(healthPort === undefined ? {} : { healthPort }),
    logger,
  });
  open.push(async () => {
    await server.stop(100);
    opened.close();
  });
  return server;
}

const tlsServer = (more: Parameters<typeof serve>[0] = {}) =>
  serve({ tlsCert: files.server!.cert, tlsKey: files.server!.key, ...more });

async function client(server: GrpcServer, settings: ClientSecuritySettings) {
  const security: ClientSecurity = await openClientSecurity({ reloadMs: 50, ...settings });
  const options = { security, deadlineMs: 5_000 };
  const address = `localhost:${server.port}`;
  const jobs = connect(JobsService, address, { ...options, idempotent: [] });
  const detector = connect(DetectorService, address, { ...options, idempotent: [] });
  const health = connect(HealthService, address, { ...options, idempotent: [] });
  const reflection = connect(ReflectionService, address, options);
  open.push(() => {
    for (const each of [jobs, detector, health, reflection]) each.close();
    security.close();
  });
  return { jobs, detector, health, reflection };
}

async function tokenFile(value: string): Promise<string> {
  const path = join(directory.path, `token-${open.length}`);
  await writeFile(path, `${value}\n`);
  return path;
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of stream) seen.push(item);
  return seen;
}

async function* one<T>(value: T) {
  yield value;
}

type Jobs = ServiceClient<typeof JobsService>;
const getJob = (jobs: Jobs) => jobs.getJob({ name: 'jobs/1' });
const refusal = (kind: string, code: string) => expect.objectContaining({ kind, code });

describe('TLS', () => {
  it('serves clients that trust its authority, and no others', async () => {
    const server = await tlsServer();
    const trusting = await client(server, { ca: ca() });
    await expect(getJob(trusting.jobs)).resolves.toMatchObject({ job: { name: 'jobs/1' } });
    const ownAuthorities = await client(server, { tls: true });
    await expect(getJob(ownAuthorities.jobs)).rejects.toEqual(refusal('unavailable', 'GRPC_UNAVAILABLE'));
    const plain = await client(server, {});
    await expect(getJob(plain.jobs)).rejects.toEqual(refusal('unavailable', 'GRPC_UNAVAILABLE'));
  });

  it('is refused by clients when the certificate is for another host', async () => {
    const server = await tlsServer({ tlsCert: files.elsewhere!.cert, tlsKey: files.elsewhere!.key });
    const { jobs } = await client(server, { ca: ca() });
    await expect(getJob(jobs)).rejects.toEqual(refusal('unavailable', 'GRPC_UNAVAILABLE'));
  });

  it('refuses files that are no pair, and says which', async () => {
    await expect(tlsServer({ tlsKey: files.gateway!.key })).rejects.toMatchObject({
      code: 'TLS_FILES_INVALID',
      message: expect.stringContaining('gateway.key'),
    });
    await expect(tlsServer({ tlsCa: files.server!.key })).rejects.toMatchObject({
      code: 'TLS_FILES_INVALID',
    });
    await expect(tlsServer({ tlsCert: '/none.crt' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('takes renewed certificates without a restart, and keeps the old ones while the new are half there', async () => {
    const live = await writeCertificate(directory.path, 'live', authority.issue({ dns: ['localhost'] }));
    const server = await serve({ tlsCert: live.cert, tlsKey: live.key });
    const { jobs } = await client(server, { ca: ca() });
    await getJob(jobs);
    const before = await presented(server.port);
    const renewed = authority.issue({ dns: ['localhost'], ownKey: true });
    await writeFile(live.cert, renewed.cert);
    await waitFor(() => log.some((line) => line.includes('TLS_FILES_INVALID')));
    expect((await presented(server.port)).serialNumber).toBe(before.serialNumber);
    await writeFile(live.key, renewed.key);
    await waitFor(async () => (await presented(server.port)).serialNumber !== before.serialNumber);
    // A connection that was there goes on, and a new one is made.
    await getJob(jobs);
    await getJob((await client(server, { ca: ca() })).jobs);
  });
});

describe('mutual TLS', () => {
  it('lets in whoever has a certificate of the authorities, and nobody else', async () => {
    const server = await tlsServer({ tlsCa: ca() });
    const known = await client(server, { ca: ca(), ...files.gateway });
    await expect(getJob(known.jobs)).resolves.toBeDefined();
    for (const settings of [{}, files.forged, files.expired]) {
      const { jobs } = await client(server, { ca: ca(), ...settings });
      await expect(getJob(jobs)).rejects.toEqual(refusal('unavailable', 'GRPC_UNAVAILABLE'));
    }
  });

  it('serves probes on a port of their own, which knows nothing but health', async () => {
    const server = await tlsServer({ tlsCa: ca(), healthPort: 0 });
    const address = `127.0.0.1:${server.healthPort}`;
    const health = connect(HealthService, address);
    const jobs = connect(JobsService, address);
    const reflection = connect(ReflectionService, address);
    open.push(() => [health, jobs, reflection].forEach((each) => each.close()));
    expect(await health.check('ubt.job.v1.Jobs')).toBe('SERVING');
    server.setServing('ubt.job.v1.Jobs', false);
    expect(await health.check('ubt.job.v1.Jobs')).toBe('NOT_SERVING');
    await expect(getJob(jobs)).rejects.toMatchObject({ kind: 'unimplemented' });
    await expect(collect(reflection.listServices(one('*')))).rejects.toMatchObject({ kind: 'unimplemented' });
  });

  it('takes clients with renewed authorities and certificates', async () => {
    const path = join(directory.path, 'authorities.crt');
    await writeFile(path, authority.cert);
    const server = await tlsServer({ tlsCa: path });
    const { jobs } = await client(server, { ca: ca(), ...files.forged });
    await expect(getJob(jobs)).rejects.toMatchObject({ kind: 'unavailable' });
    await writeFile(path, authority.cert + stranger.cert);
    await waitFor(
      async () =>
        getJob((await client(server, { ca: ca(), ...files.forged })).jobs).then(
          () => true,
          () => false,
        ),
      {
        timeoutMs: 10_000,
      },
    );
  });
});

describe('authorisation', () => {
  it.each([
    ['no credentials', undefined, 'CREDENTIALS_MISSING'],
    ['an unknown token', newToken(), 'TOKEN_INVALID'],
    ['a short token', 'short', 'TOKEN_INVALID'],
    ['an expired token', tokens.old, 'TOKEN_EXPIRED'],
  ])('answers UNAUTHENTICATED to %s', async (_, value, code) => {
    const server = await tlsServer({ authFile: await writePolicy(policy()) });
    const { jobs, health } = await client(server, {
      ca: ca(),
      ...(value === undefined ? {} : { tokenFile: await tokenFile(value) }),
    });
    await expect(getJob(jobs)).rejects.toEqual(refusal('unauthenticated', code));
    await expect(collect(jobs.watchJob({ name: 'jobs/1', afterSequence: 0n }))).rejects.toEqual(
      refusal('unauthenticated', code),
    );
    expect(await health.check('')).toBe('SERVING');
  });

  it('takes nothing for a token but a bearer token', async () => {
    const server = await tlsServer({ authFile: await writePolicy(policy()) });
    const { jobs } = await client(server, { ca: ca() });
    for (const value of [`Basic ${tokens.operator}`, tokens.operator, 'Bearer', '']) {
      const metadata = new Metadata();
      metadata.set('authorization', value);
      await expect(jobs.getJob({ name: 'jobs/1' }, { metadata })).rejects.toEqual(
        refusal('unauthenticated', 'TOKEN_INVALID'),
      );
    }
  });

  it('lets each role call its methods, and answers PERMISSION_DENIED to the others', async () => {
    const server = await tlsServer({ authFile: await writePolicy(policy()) });
    const as = async (value: string) => client(server, { ca: ca(), tokenFile: await tokenFile(value) });
    const denied = refusal('permission-denied', 'METHOD_NOT_ALLOWED');
    const score = (from: Awaited<ReturnType<typeof as>>) =>
      collect(from.detector.scorePairs(one(ScorePairsRequest.fromPartial({}))));

    const operator = await as(tokens.operator);
    await expect(getJob(operator.jobs)).resolves.toBeDefined();
    await expect(operator.jobs.cancelJob({ name: 'jobs/1' })).resolves.toBeDefined();
    await expect(score(operator)).resolves.toHaveLength(1);

    const reader = await as(tokens.reader);
    await expect(getJob(reader.jobs)).resolves.toBeDefined();
    await expect(collect(reader.jobs.watchJob({ name: 'jobs/1', afterSequence: 0n }))).resolves.toHaveLength(
      1,
    );
    await expect(reader.jobs.cancelJob({ name: 'jobs/1' })).rejects.toEqual(denied);
    await expect(reader.detector.detect({ requestId: 'r' } as never)).rejects.toEqual(denied);
    await expect(score(reader)).rejects.toEqual(denied);

    const scorer = await as(tokens.scorer);
    await expect(score(scorer)).resolves.toHaveLength(1);
    await expect(getJob(scorer.jobs)).rejects.toEqual(denied);
    await expect(scorer.jobs.listJobs({ pageSize: 1, pageToken: '', runId: '' })).rejects.toEqual(denied);
    await expect(collect(scorer.reflection.listServices(one('*')))).resolves.toHaveLength(1);
    const nobody = await client(server, { ca: ca() });
    await expect(collect(nobody.reflection.listServices(one('*')))).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });

  it('knows callers by the names in their certificates', async () => {
    const server = await tlsServer({ tlsCa: ca(), authFile: await writePolicy(policy()) });
    const gateway = await client(server, { ca: ca(), ...files.gateway });
    await expect(
      collect(gateway.detector.scorePairs(one(ScorePairsRequest.fromPartial({})))),
    ).resolves.toHaveLength(1);
    await expect(getJob(gateway.jobs)).rejects.toEqual(refusal('permission-denied', 'METHOD_NOT_ALLOWED'));
    const viewer = await client(server, { ca: ca(), ...files.viewer });
    await expect(getJob(viewer.jobs)).resolves.toBeDefined();
    const unknown = await client(server, { ca: ca(), ...files.unknown });
    await expect(getJob(unknown.jobs)).rejects.toEqual(refusal('unauthenticated', 'CERTIFICATE_UNKNOWN'));
    // A token that is shown decides, whatever the certificate could do.
    const both = await client(server, { ca: ca(), ...files.viewer, tokenFile: await tokenFile(newToken()) });
    await expect(getJob(both.jobs)).rejects.toEqual(refusal('unauthenticated', 'TOKEN_INVALID'));
  });

  it('takes a token instead of a certificate where certificates are optional, and no forged one', async () => {
    const server = await tlsServer({
      tlsCa: ca(),
      tlsClientAuth: 'optional',
      authFile: await writePolicy(policy()),
    });
    const withToken = await client(server, { ca: ca(), tokenFile: await tokenFile(tokens.reader) });
    await expect(getJob(withToken.jobs)).resolves.toBeDefined();
    const forged = await client(server, { ca: ca(), ...files.forged });
    await expect(collect(forged.detector.scorePairs(one(ScorePairsRequest.fromPartial({}))))).rejects.toEqual(
      refusal('unauthenticated', 'CREDENTIALS_MISSING'),
    );
  });

  it('follows its access file from one call to the next, and keeps the last good one', async () => {
    const authFile = await writePolicy(policy());
    const server = await tlsServer({ authFile });
    const { jobs } = await client(server, { ca: ca(), tokenFile: await tokenFile(tokens.reader) });
    await getJob(jobs);
    await writePolicy('{ "callers": [');
    await waitFor(() => log.some((line) => line.includes('AUTH_FILE_INVALID')));
    await getJob(jobs);
    const { callers } = policy();
    await writePolicy({ callers: callers.filter(({ name }) => name !== 'dashboard') });
    await waitFor(() => log.some((line) => line.includes('access file renewed')));
    await expect(getJob(jobs)).rejects.toEqual(refusal('unauthenticated', 'TOKEN_INVALID'));
  });

  it('follows the token file of a client', async () => {
    const server = await tlsServer({ authFile: await writePolicy(policy()) });
    const path = await tokenFile(newToken());
    const { jobs } = await client(server, { ca: ca(), tokenFile: path });
    await expect(getJob(jobs)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await writeFile(path, tokens.reader);
    await waitFor(() =>
      getJob(jobs).then(
        () => true,
        () => false,
      ),
    );
  });

  it('logs who called and what was refused, never with what, and hides it from handlers', async () => {
    const server = await tlsServer({ authFile: await writePolicy(policy()) });
    const { jobs } = await client(server, { ca: ca(), tokenFile: await tokenFile(tokens.reader) });
    const { job } = await getJob(jobs);
    expect(job!.runId).toBe('');
    await expect(jobs.cancelJob({ name: 'jobs/1' })).rejects.toBeDefined();
    const wrong = newToken();
    const stranger = await client(server, { ca: ca(), tokenFile: await tokenFile(wrong) });
    await expect(getJob(stranger.jobs)).rejects.toBeDefined();
    await waitFor(() => log.filter((line) => line.includes('call failed')).length === 2);
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'call answered',
        caller: 'dashboard',
        method: 'ubt.job.v1.Jobs/GetJob',
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'call failed', caller: 'dashboard', status: 'PERMISSION_DENIED' }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'call failed', status: 'UNAUTHENTICATED' }));
    const text = log.join('');
    for (const secret of [...Object.values(tokens), wrong]) expect(text).not.toContain(secret);
  });
});

it('ends calls on a connection whose certificate has expired meanwhile', async () => {
  const brief = authority.issue({ commonName: 'brief', notAfter: new Date(Date.now() + 10_000) });
  const paths = await writeCertificate(directory.path, 'brief', brief);
  const server = await tlsServer({ tlsCa: ca() });
  const { jobs } = await client(server, { ca: ca(), ...paths });
  await expect(getJob(jobs)).resolves.toBeDefined();
  await sleep(10_500);
  await expect(getJob(jobs)).rejects.toEqual(refusal('unauthenticated', 'CERTIFICATE_EXPIRED'));
});

it('a client sends no token in plain text beyond loopback', async () => {
  const security = await openClientSecurity({ tokenFile: await tokenFile(tokens.reader) });
  open.push(() => security.close());
  expect(() => connect(JobsService, 'ubt.example:50051', { security })).toThrow(
    refusal('failed-precondition', 'TOKEN_NEEDS_TLS'),
  );
  connect(JobsService, '127.0.0.1:50051', { security }).close();
  expect(security.channel).toBeInstanceOf(credentials.createInsecure().constructor);
});

/** The certificate that a new connection is shown. */
function presented(port: number): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: 'localhost', ca: authority.cert, ALPNProtocols: ['h2'] }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { DetectorService, descriptorSetPath, Job, JobsService } from '@ubt/contracts';
import {
  certificateAuthority,
  HealthService,
  ReflectionService,
  temporaryDirectory,
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

export let directory: TemporaryDirectory;
export let authority: CertificateAuthority;
export let stranger: CertificateAuthority;
/** Paths of PEM files, made once: keys take time. */
export const files: Record<string, { cert: string; key: string }> = {};
export const ca = () => join(directory.path, 'ca.crt');
export const open: (() => Promise<void> | void)[] = [];
export const tokens = { operator: newToken(), reader: newToken(), scorer: newToken(), old: newToken() };

/** Makes certificates before the tests of a file, and closes what each has opened. */
export function useSecuredBench(): void {
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
}

const token = (value: string, expires?: string) => ({
  sha256: tokenDigest(value).toString('hex'),
  ...(expires === undefined ? {} : { expires }),
});
export const policy = () => ({
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

export async function writePolicy(content: unknown, name = 'access.json'): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${path}.new`, path);
  return path;
}

export const log: string[] = [];

export async function serve(
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

export const tlsServer = (more: Parameters<typeof serve>[0] = {}) =>
  serve({ tlsCert: files.server!.cert, tlsKey: files.server!.key, ...more });

export async function client(server: GrpcServer, settings: ClientSecuritySettings) {
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

export async function tokenFile(value: string): Promise<string> {
  const path = join(directory.path, `token-${open.length}`);
  await writeFile(path, `${value}\n`);
  return path;
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of stream) seen.push(item);
  return seen;
}

export async function* one<T>(value: T) {
  yield value;
}

type Jobs = ServiceClient<typeof JobsService>;
export const getJob = (jobs: Jobs) => jobs.getJob({ name: 'jobs/1' });
export const refusal = (kind: string, code: string) => expect.objectContaining({ kind, code });

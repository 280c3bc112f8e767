import { writeFile } from 'node:fs/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { credentials, Metadata } from '@grpc/grpc-js';
import { JobsService, ScorePairsRequest } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import { connect, newToken, openClientSecurity } from '../src/index.js';
import {
  ca,
  client,
  collect,
  files,
  getJob,
  log,
  one,
  open,
  policy,
  refusal,
  tlsServer,
  tokenFile,
  tokens,
  useSecuredBench,
  writePolicy,
} from './secured-bench.js';

jest.setTimeout(60_000);
useSecuredBench();

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

it('a client sends no token in plain text beyond loopback', async () => {
  const security = await openClientSecurity({ tokenFile: await tokenFile(tokens.reader) });
  open.push(() => security.close());
  expect(() => connect(JobsService, 'ubt.example:50051', { security })).toThrow(
    refusal('failed-precondition', 'TOKEN_NEEDS_TLS'),
  );
  connect(JobsService, '127.0.0.1:50051', { security }).close();
  expect(security.channel).toBeInstanceOf(credentials.createInsecure().constructor);
});

import { writeFile } from 'node:fs/promises';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { JobsService } from '@ubt/contracts';
import { HealthService, ReflectionService, waitFor, writeCertificate } from '@ubt/test-kit';
import { connect } from '../src/index.js';
import {
  authority,
  ca,
  client,
  collect,
  directory,
  files,
  getJob,
  log,
  one,
  open,
  refusal,
  serve,
  stranger,
  tlsServer,
  useSecuredBench,
} from './secured-bench.js';

jest.setTimeout(60_000);
useSecuredBench();

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
    await waitFor(async () =>
      getJob((await client(server, { ca: ca(), ...files.forged })).jobs).then(
        () => true,
        () => false,
      ),
    );
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

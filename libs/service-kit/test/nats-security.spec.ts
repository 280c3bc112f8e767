import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  certificateAuthority,
  startNatsServer,
  temporaryDirectory,
  waitFor,
  writeCertificate,
  type NatsServer,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { createJetStreamBus, createLogger, defineConfig, natsSecurity, type EventBus } from '../src/index.js';
import { stageConfigFields } from '../src/stage/stage-config.js';
import { z } from 'zod';

jest.setTimeout(60_000);
let directory: TemporaryDirectory;
const at = (name: string) => join(directory.path, name);
const open: (() => Promise<void>)[] = [];
const log: string[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory('ubt-nats-security-');
  const authority = certificateAuthority();
  const stranger = certificateAuthority('somebody else');
  await writeFile(at('ca.crt'), authority.cert);
  await writeFile(at('other-ca.crt'), stranger.cert);
  await writeCertificate(directory.path, 'server', authority.issue({ dns: ['localhost'] }));
  await writeCertificate(directory.path, 'numbered', authority.issue({ ips: ['127.0.0.1'] }));
  await writeCertificate(directory.path, 'client', authority.issue({ commonName: 'ubt' }));
  await writeCertificate(directory.path, 'forged', stranger.issue({ commonName: 'ubt' }));
  await writeFile(at('secret'), 'correct-horse-battery\n');
  await writeFile(at('wrong'), 'wrong-horse-battery\n');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => directory.remove());

async function serve(...args: string[]): Promise<NatsServer> {
  const server = await startNatsServer({ args });
  open.push(() => server.stop());
  return server;
}

const TLS = () => ['--tls', '--tlscert', at('server.crt'), '--tlskey', at('server.key')];
const MUTUAL = () => [...TLS(), '--tlsverify', '--tlscacert', at('ca.crt')];

/** A bus made of environment variables, as a stage makes it. */
function bus(port: number, env: Record<string, string>, scheme = 'nats', host = 'localhost'): EventBus {
  log.length = 0;
  const config = defineConfig(z.object(stageConfigFields), {
    UBT_NATS_URL: `${scheme}://${host}:${port}`,
    ...env,
  });
  const logger = createLogger({
    name: 'test',
    level: 'debug',
    destination: { write: (line) => log.push(line) },
  });
  const made = createJetStreamBus({ servers: [config.natsUrl!], ...natsSecurity(config), logger });
  open.push(() => made.close(100));
  return made;
}

const refused = { kind: 'unavailable', code: 'BUS_UNAVAILABLE' };

describe('TLS to NATS', () => {
  it('is used with a server of known authorities, and with no other', async () => {
    const { port } = await serve(...TLS());
    await bus(port, { UBT_NATS_TLS_CA: at('ca.crt') }).ready(10_000);
    await expect(bus(port, { UBT_NATS_TLS_CA: at('other-ca.crt') }).ready(2_000)).rejects.toMatchObject(
      refused,
    );
    await expect(bus(port, {}, 'tls').ready(2_000)).rejects.toMatchObject(refused);
  });

  it('wants a certificate for the address it dialled, host name or number', async () => {
    const ca = { UBT_NATS_TLS_CA: at('ca.crt') };
    const named = await serve(...TLS());
    await expect(bus(named.port, ca, 'nats', '127.0.0.1').ready(2_000)).rejects.toMatchObject(refused);
    const numbered = await serve('--tls', '--tlscert', at('numbered.crt'), '--tlskey', at('numbered.key'));
    await bus(numbered.port, ca, 'nats', '127.0.0.1').ready(10_000);
    await expect(bus(numbered.port, ca).ready(2_000)).rejects.toMatchObject(refused);
  });

  it('is not given up when the server, or whoever answers in its place, offers none', async () => {
    const { port } = await serve();
    await expect(bus(port, { UBT_NATS_TLS_CA: at('ca.crt') }).ready(2_000)).rejects.toMatchObject(refused);
    await expect(bus(port, {}, 'tls').ready(2_000)).rejects.toMatchObject(refused);
  });

  it('shows a certificate to a server that wants one', async () => {
    const { port } = await serve(...MUTUAL());
    const ca = { UBT_NATS_TLS_CA: at('ca.crt') };
    const own = (name: string) => ({
      UBT_NATS_TLS_CERT: at(`${name}.crt`),
      UBT_NATS_TLS_KEY: at(`${name}.key`),
    });
    await bus(port, { ...ca, ...own('client') }).ready(10_000);
    await expect(bus(port, ca).ready(2_000)).rejects.toMatchObject(refused);
    await expect(bus(port, { ...ca, ...own('forged') }).ready(2_000)).rejects.toMatchObject(refused);
  });
});

describe('credentials for NATS', () => {
  it('come from files, and are read again when the server has refused them', async () => {
    const { port } = await serve('--user', 'ubt', '--pass', 'correct-horse-battery');
    await writeFile(at('changing'), 'wrong-horse-battery');
    const late = bus(port, { UBT_NATS_USER: 'ubt', UBT_NATS_PASSWORD_FILE: at('changing') });
    await expect(late.ready(1_500)).rejects.toMatchObject(refused);
    await writeFile(at('changing'), 'correct-horse-battery\n');
    await late.ready(15_000);
    expect(log.join('')).not.toMatch(/horse/);
  });

  it('may be a token, which no log line shows', async () => {
    const { port } = await serve('--auth', 'correct-horse-battery');
    await bus(port, { UBT_NATS_TOKEN_FILE: at('secret') }).ready(10_000);
    const wrong = bus(port, { UBT_NATS_TOKEN_FILE: at('wrong') });
    await expect(wrong.ready(1_500)).rejects.toMatchObject(refused);
    await waitFor(() => log.some((line) => line.includes('cannot use NATS yet')));
    expect(log.join('')).not.toMatch(/horse/);
  });

  it('that cannot be read leave the service up, and are named', async () => {
    const { port } = await serve('--auth', 'correct-horse-battery');
    const without = bus(port, { UBT_NATS_TOKEN_FILE: at('none') });
    await expect(without.ready(1_500)).rejects.toMatchObject(refused);
    await waitFor(() => log.some((line) => line.includes(at('none'))));
  });
});

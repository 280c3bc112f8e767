import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connect, METHODS, parseAccessPolicy, tokenDigest } from '@ubt/service-kit';
import {
  certificateAuthority,
  freePort,
  HealthService,
  startServiceProcess,
  temporaryDirectory,
  writeCertificate,
  type CertificateAuthority,
  type ServiceProcess,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { runCli } from '../src/run-cli.js';

jest.setTimeout(120_000);
let directory: TemporaryDirectory;
let authority: CertificateAuthority;
const at = (name: string) => join(directory.path, name);
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = await temporaryDirectory('ubt-secured-');
  authority = certificateAuthority();
  await writeFile(at('ca.crt'), authority.cert);
  await writeCertificate(
    directory.path,
    'server',
    authority.issue({ dns: ['localhost'], ips: ['127.0.0.1'] }),
  );
  await writeCertificate(directory.path, 'viewer', authority.issue({ uris: ['spiffe://ubt/viewer'] }));
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => directory.remove());

interface Printed {
  readonly error?: { readonly code: string };
  readonly entry?: object;
  readonly token?: string;
  readonly jobs?: readonly object[];
}

/** One command with `--json`: its exit code and what it printed. */
async function ubt(args: readonly string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = {
    ...{ stdout, stderr, env: { UBT_DATA_DIR: at('cli'), ...env } },
    signal: new AbortController().signal,
  };
  const code = await runCli([...args, '--json'], io);
  const printed = JSON.parse(String(stdout.read())) as Printed;
  return { code, ...printed };
}

/** Makes a token in a file and gives the caller's entry. */
async function tokenFor(name: string, role: string) {
  const made = await ubt(['token', name, '--role', role, '--days', '1', '--out', at(`${name}.token`)]);
  return made.entry!;
}

const env = (): Record<string, string> => ({
  UBT_PORT: '0',
  UBT_DATA_DIR: at('ubt'),
  UBT_ARTIFACT_ROOTS: at('data'),
  UBT_LOG_LEVEL: 'debug',
});

async function start(more: Record<string, string>): Promise<ServiceProcess> {
  const service = await startServiceProcess({
    main: new URL('../../../services/selector/dist/main.js', import.meta.url),
    env: { ...env(), ...more },
  });
  open.push(() => service.stop());
  return service;
}

describe('ubt token', () => {
  it('makes a token whose digest alone goes into the access file', async () => {
    const { token, entry } = await ubt(['token', 'dashboard', '--role', 'reader', '--role', 'scorer']);
    const policy = parseAccessPolicy(Buffer.from(JSON.stringify({ callers: [entry] })), 'access.json');
    expect(JSON.stringify(entry)).not.toContain(token);
    expect(policy.tokens).toHaveLength(1);
    expect(policy.tokens[0]!.sha256.equals(tokenDigest(token!))).toBe(true);
    expect(METHODS.filter((method) => policy.tokens[0]!.caller.may(method))).toHaveLength(4);
  });

  it('can write it to a file that nobody else reads, and replaces none', async () => {
    const args = ['token', 'a', '--role', 'reader', '--out', at('a.token')];
    const { code, entry, token } = await ubt(args);
    expect({ code, token }).toEqual({ code: 0, token: undefined });
    expect((await stat(at('a.token'))).mode & 0o077).toBe(0);
    const written = (await readFile(at('a.token'), 'utf8')).trim();
    expect(JSON.stringify(entry)).toContain(tokenDigest(written).toString('hex'));
    expect((await ubt(args)).code).toBe(1);
    expect((await readFile(at('a.token'), 'utf8')).trim()).toBe(written);
  });
});

describe('a service with TLS, tokens and certificates', () => {
  it('answers the command line according to who calls, probes without asking, and logs no secret', async () => {
    const callers = [
      await tokenFor('reader', 'reader'),
      await tokenFor('scorer', 'scorer'),
      { name: 'viewer', roles: ['reader'], certificates: ['uri:spiffe://ubt/viewer'] },
    ];
    await writeFile(at('access.json'), JSON.stringify({ callers }));
    await writeFile(at('forged.token'), `ubt_${'x'.repeat(43)}`);
    const healthPort = await freePort();
    const service = await start({
      UBT_HOST: '0.0.0.0',
      UBT_TLS_CERT: at('server.crt'),
      UBT_TLS_KEY: at('server.key'),
      UBT_TLS_CA: at('ca.crt'),
      UBT_TLS_CLIENT_AUTH: 'optional',
      UBT_AUTH_FILE: at('access.json'),
      UBT_HEALTH_PORT: String(healthPort),
    });
    const address = `localhost:${service.address.split(':').at(-1)}`;
    const runs = (...flags: string[]) => ubt(['runs', '--service', address, ...flags]);
    const ca = ['--tls-ca', at('ca.crt')];

    expect(await runs(...ca, '--token-file', at('reader.token'))).toEqual({ code: 0, jobs: [] });
    const viewer = ['--tls-cert', at('viewer.crt'), '--tls-key', at('viewer.key')];
    expect(await runs(...ca, ...viewer)).toEqual({ code: 0, jobs: [] });
    const byEnvironment = { UBT_CLIENT_TLS_CA: at('ca.crt'), UBT_CLIENT_TOKEN_FILE: at('reader.token') };
    expect(await ubt(['runs', '--service', address], byEnvironment)).toEqual({ code: 0, jobs: [] });

    const refused = (code: string) => ({ code: 1, error: expect.objectContaining({ code }) });
    expect(await runs(...ca)).toEqual(refused('CREDENTIALS_MISSING'));
    expect(await runs(...ca, '--token-file', at('forged.token'))).toEqual(refused('TOKEN_INVALID'));
    expect(await runs(...ca, '--token-file', at('scorer.token'))).toEqual(refused('METHOD_NOT_ALLOWED'));
    expect(await ubt(['watch', address, 'jobs/1', ...ca, '--token-file', at('scorer.token')])).toEqual(
      refused('METHOD_NOT_ALLOWED'),
    );
    expect(await runs(...ca, '--token-file', at('none'))).toEqual(refused('FILE_NOT_FOUND'));
    expect(await runs('--tls-cert', at('viewer.crt'))).toEqual(refused('CONFIG_INVALID'));

    const probe = connect(HealthService, `127.0.0.1:${healthPort}`);
    expect(await probe.check('ubt.selector.v1.Selector')).toBe('SERVING');
    probe.close();
    const log = service.output();
    expect(log).toContain('"caller":"reader"');
    expect(log).toContain('UNAUTHENTICATED');
    for (const name of ['reader', 'scorer', 'forged']) {
      expect(log).not.toContain((await readFile(at(`${name}.token`), 'utf8')).trim());
    }
    expect(log).not.toContain('PRIVATE KEY');
  });
});

describe('a service beyond loopback without protection', () => {
  it('does not start, unless it is told that this is meant; then it warns', async () => {
    await expect(start({ UBT_HOST: '0.0.0.0' })).rejects.toMatchObject({
      code: 'SERVICE_NOT_STARTED',
      message: expect.stringContaining('(UNPROTECTED)'),
    });
    const service = await start({ UBT_HOST: '0.0.0.0', UBT_ALLOW_INSECURE: 'true' });
    expect(service.output()).toContain('UNPROTECTED: UBT_TLS_CERT');
  });
});

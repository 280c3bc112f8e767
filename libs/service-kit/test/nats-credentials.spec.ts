import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import {
  startNatsServer,
  temporaryDirectory,
  waitFor,
  type NatsServer,
  type TemporaryDirectory,
} from '@ubt/test-kit';
import { createJetStreamBus, createLogger, type EventBus } from '../src/index.js';
import { natsSecurity } from '../src/security/nats-security.js';
import { defineConfig } from '../src/config/define-config.js';
import { stageConfigFields } from '../src/stage/stage-config.js';
import { z } from 'zod';

jest.setTimeout(60_000);
let directory: TemporaryDirectory;
let server: NatsServer | undefined;
const account = createAccount();
const at = (name: string) => join(directory.path, name);
const log: string[] = [];
const open: EventBus[] = [];

/** A server that knows callers by what an operator signed: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
beforeAll(async () => {
  directory = await temporaryDirectory('ubt-nats-creds-');
  const operator = createOperator();
  const unlimited = { subs: -1, data: -1, payload: -1 };
  const accountToken = signed(operator, account, {
    type: 'account',
    limits: {
      ...{ ...unlimited, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true },
      ...{ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
    },
  });
  // JetStream wants an account of its own for what the server does itself.
  const system = createAccount();
  const config = [
    `operator: ${signed(operator, operator, { type: 'operator' })}`,
    'resolver: MEMORY',
    `system_account: ${system.getPublicKey()}`,
    'resolver_preload: {',
    `${account.getPublicKey()}: ${accountToken}`,
    `${system.getPublicKey()}: ${signed(operator, system, { type: 'account', limits: unlimited })}`,
    '}',
  ];
  await writeFile(at('nats.conf'), config.join('\n'));
  server = await startNatsServer({ args: ['-c', at('nats.conf')] });
});
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close(100);
});
afterAll(async () => {
  await server?.stop();
  await directory.remove();
});

/** A JSON web token as NATS has them. */
function signed(issuer: KeyPair, subject: KeyPair, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = [
    part({ typ: 'JWT', alg: 'ed25519-nkey' }),
    part({
      ...{ jti: randomUUID(), iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey() },
      ...{ name: 'test', sub: subject.getPublicKey(), nats: { version: 2, ...claims } },
    }),
  ].join('.');
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}

/** The content of a .creds file of a user that this account signed. */
function credentials(by: KeyPair): { text: string; seed: string } {
  const user = createUser();
  const token = signed(by, user, { type: 'user', subs: -1, data: -1, payload: -1, pub: {}, sub: {} });
  const seed = Buffer.from(user.getSeed()).toString();
  const text = [
    ...['-----BEGIN NATS USER JWT-----', token, '------END NATS USER JWT------', ''],
    ...['-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------', ''],
  ].join('\n');
  return { text, seed };
}

function bus(natsCreds?: string): EventBus {
  log.length = 0;
  const config = defineConfig(z.object(stageConfigFields), {
    UBT_NATS_URL: server!.url,
    ...(natsCreds === undefined ? {} : { UBT_NATS_CREDS: natsCreds }),
  });
  const logger = createLogger({
    name: 'test',
    level: 'debug',
    destination: { write: (line) => log.push(line) },
  });
  const made = createJetStreamBus({ servers: [server!.url], ...natsSecurity(config), logger });
  open.push(made);
  return made;
}

it('a .creds file lets in, none and a foreign one do not, and a renewed one counts', async () => {
  const refused = { kind: 'unavailable', code: 'BUS_UNAVAILABLE' };
  await expect(bus().ready(1_500)).rejects.toMatchObject(refused);
  const foreign = credentials(createAccount());
  await writeFile(at('user.creds'), foreign.text);
  const late = bus(at('user.creds'));
  await expect(late.ready(1_500)).rejects.toMatchObject(refused);
  await rm(at('user.creds'));
  await waitFor(() => log.some((line) => line.includes('ENOENT')));
  const own = credentials(account);
  await writeFile(at('user.creds'), own.text);
  await late.ready(15_000);
  const text = log.join('');
  for (const { seed } of [foreign, own]) expect(text).not.toContain(seed);
});

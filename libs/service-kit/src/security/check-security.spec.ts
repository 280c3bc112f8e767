import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';
import { stageConfigFields } from '../stage/stage-config.js';
import { createLogger, silentLogger } from '../telemetry/logger.js';
import { checkSecurity } from './check-security.js';

const schema = z.object(stageConfigFields);
const check = (env: Record<string, string>, logger = silentLogger()) =>
  checkSecurity(defineConfig(schema, env), logger);
const tls = { UBT_TLS_CERT: '/c', UBT_TLS_KEY: '/k' };
const fields = (...names: string[]) => names.map((field) => expect.objectContaining({ field }));

describe('checkSecurity', () => {
  it.each([
    ['loopback without anything', {}],
    ['loopback over IPv6', { UBT_HOST: '::1' }],
    ['a broker on loopback', { UBT_NATS_URL: 'nats://127.0.0.1:4222' }],
    ['mutual TLS', { UBT_HOST: '0.0.0.0', ...tls, UBT_TLS_CA: '/ca' }],
    ['TLS and an access file', { UBT_HOST: '0.0.0.0', ...tls, UBT_AUTH_FILE: '/a' }],
    ['a broker over TLS', { UBT_NATS_URL: 'tls://nats:4222' }],
    ['a broker of known authorities', { UBT_NATS_URL: 'nats://nats:4222', UBT_NATS_TLS_CA: '/ca' }],
  ])('is content with %s', (_, env) => {
    expect(() => check(env)).not.toThrow();
  });

  it.each([
    ['plain text', { UBT_HOST: '0.0.0.0' }, fields('UBT_TLS_CERT', 'UBT_AUTH_FILE')],
    ['tokens in plain text', { UBT_HOST: '10.1.1.1', UBT_AUTH_FILE: '/a' }, fields('UBT_TLS_CERT')],
    ['TLS for anybody', { UBT_HOST: '::', ...tls }, fields('UBT_AUTH_FILE')],
    [
      'optional certificates alone',
      { UBT_HOST: '::', ...tls, UBT_TLS_CA: '/ca', UBT_TLS_CLIENT_AUTH: 'optional' },
      fields('UBT_AUTH_FILE'),
    ],
    ['a broker elsewhere in plain text', { UBT_NATS_URL: 'nats://nats:4222' }, fields('UBT_NATS_TLS_CA')],
  ])('refuses %s, unless it is told that this is meant, and says so then', (_, env, violations) => {
    expect(() => check(env)).toThrow(
      expect.objectContaining({ kind: 'failed-precondition', code: 'UNPROTECTED', violations }),
    );
    const lines: string[] = [];
    const logger = createLogger({ name: 't', destination: { write: (line) => lines.push(line) } });
    check({ ...env, UBT_ALLOW_INSECURE: 'true' }, logger);
    expect(lines).toHaveLength(violations.length);
    for (const line of lines) expect(line).toContain('"level":"warn"');
    for (const line of lines) expect(line).toContain('UNPROTECTED');
  });

  it.each([
    ['half a pair', { UBT_TLS_CERT: '/c' }, 'UBT_TLS_CERT'],
    ['authorities without TLS', { UBT_TLS_CA: '/ca' }, 'UBT_TLS_CA'],
    ['half a pair for NATS', { UBT_NATS_TLS_KEY: '/k' }, 'UBT_NATS_TLS_CERT'],
    ['a user without a password', { UBT_NATS_USER: 'ubt' }, 'UBT_NATS_USER'],
    ['two ways to log in', { UBT_NATS_CREDS: '/c', UBT_NATS_TOKEN_FILE: '/t' }, 'UBT_NATS_CREDS'],
    ['credentials in the URL', { UBT_NATS_URL: 'nats://ubt:hunter2@127.0.0.1' }, 'UBT_NATS_URL'],
  ])('refuses %s as a mistake, even where insecurity is allowed', (_, env, field) => {
    const mistake = { code: 'CONFIG_INVALID', violations: fields(field) };
    expect(() => check({ ...env, UBT_ALLOW_INSECURE: 'true' })).toThrow(expect.objectContaining(mistake));
    expect(() => check({ ...env, UBT_ALLOW_INSECURE: 'true' })).not.toThrow(/hunter2/);
  });
});

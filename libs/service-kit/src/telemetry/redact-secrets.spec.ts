import { describe, expect, it } from '@jest/globals';
import { UbtError } from '@ubt/errors';
import { newToken } from '../security/tokens.js';
import { createLogger } from './logger.js';
import { redactSecrets } from './redact-secrets.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIsecretsecret\n-----END PRIVATE KEY-----';
const SEED = `SUA${'B'.repeat(55)}`;
const CREDS = `-----BEGIN NATS USER JWT-----\neyJsecret\n------END NATS USER JWT------\n-----BEGIN USER NKEY SEED-----\n${SEED}\n------END USER NKEY SEED------`;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2VjcmV0';

/** What is written, and the part of it that nobody may read. */
const CASES: [what: string, text: string, secret: string][] = [
  ['a token of ours', 'the token ubt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG is wrong', '0123456789'],
  ['a bearer token', 'authorization: Bearer s3cr3t-s3cr3t-s3cr3t', 's3cr3t'],
  ['basic credentials', 'Authorization: Basic c2VjcmV0', 'c2VjcmV0'],
  ['an authorization as JSON', '{"authorization":"c2VjcmV0"}', 'c2VjcmV0'],
  ['a password in a URL', 'cannot reach nats://ubt:hunter2@nats:4222', 'hunter2'],
  ['a private key', `read ${PEM} from disk`, 'MIIs'],
  ['a private key cut off', '-----BEGIN RSA PRIVATE KEY-----\nMIIsecret', 'MIIs'],
  ['NATS credentials', CREDS, 'BBBB'],
  ['the seed of a NATS key', `seed ${SEED}`, SEED],
  ['a JSON web token', `got ${JWT}`, 'c2VjcmV0'],
  ['an AWS key', 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'wJalr'],
  ['a password as JSON', '{"user":"ubt","pass":"hunter2"}', 'hunter2'],
];

describe('redactSecrets', () => {
  it.each(CASES)('hides %s', (_, text, secret) => {
    expect(text).toContain(secret);
    expect(redactSecrets(text)).not.toContain(secret);
    expect(redactSecrets(text)).toContain('(hidden)');
  });

  it('leaves alone what only looks a little like it', () => {
    for (const text of [
      '{"compromised":[{"token":"banana","enrichment":34}]}',
      'file:///data/ubt/model and s3://bucket/key@2',
      'The authorization is no bearer token of 32 or more characters.',
      'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ]) {
      expect(redactSecrets(text)).toBe(text);
    }
  });

  it('stands behind every log line: message, fields, errors with their causes and stacks', () => {
    const lines: string[] = [];
    const logger = createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } });
    const token = newToken();
    for (const [, text] of [...CASES, ['', token, ''] as const]) {
      const cause = new Error(text);
      logger.info(text);
      logger.warn({ field: text, nested: { deep: [text] } }, 'fields');
      logger.error({ err: new UbtError('internal', text, { code: 'X', cause }) }, 'error');
      logger.child({ bound: text }).info('bound');
    }
    expect(lines).toHaveLength(4 * (CASES.length + 1));
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const text = lines.join('');
    expect(text).not.toContain(token);
    expect(CASES.filter(([, , secret]) => text.includes(secret)).map(([what]) => what)).toEqual([]);
  });
});

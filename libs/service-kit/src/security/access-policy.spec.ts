import { describe, expect, it } from '@jest/globals';
import type { UbtError } from '@ubt/errors';
import { parseAccessPolicy } from './access-policy.js';
import { METHODS, ROLES } from './roles.js';
import { newToken, tokenDigest } from './tokens.js';

const sha256 = (token: string) => tokenDigest(token).toString('hex');
const parse = (content: unknown) =>
  parseAccessPolicy(
    Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    'access.json',
  );
const caller = (over: object = {}) => ({ name: 'a', roles: ['reader'], certificates: ['cn:a'], ...over });

function failureOf(content: unknown): UbtError {
  try {
    parse(content);
  } catch (error) {
    return error as UbtError;
  }
  throw new Error('the access file was accepted');
}

describe('parseAccessPolicy', () => {
  it('adds up the roles of a caller, its own ones too', () => {
    const { certificates } = parse({
      roles: { canceller: ['ubt.job.v1.Jobs/CancelJob'], detector: ['ubt.detector.v1.Detector/*'] },
      callers: [caller({ roles: ['canceller', 'detector'] })],
    });
    const allowed = METHODS.filter((method) => certificates.get('cn:a')!.may(method));
    expect(allowed.sort()).toEqual([
      'ubt.detector.v1.Detector/Detect',
      'ubt.detector.v1.Detector/ScorePairs',
      'ubt.job.v1.Jobs/CancelJob',
    ]);
  });

  it('knows the built-in roles', () => {
    const allowed = Object.keys(ROLES).map((role) => {
      const { certificates } = parse({ callers: [caller({ roles: [role] })] });
      return [role, METHODS.filter((method) => certificates.get('cn:a')!.may(method)).length];
    });
    expect(Object.fromEntries(allowed)).toEqual({
      operator: METHODS.length,
      submitter: 6,
      reader: 3,
      scorer: 1,
    });
  });

  it.each([
    ['no JSON', '{"callers": [{"name": "secret', 'access.json'],
    ['nobody', { callers: [] }, 'callers'],
    ['an unknown entry', { callers: [caller({ token: 'x' })] }, 'callers[0]'],
    ['an unknown role', { callers: [caller({ roles: ['root'] })] }, 'callers[0].roles'],
    ['a role of every object', { callers: [caller({ roles: ['constructor'] })] }, 'callers[0].roles'],
    ['a role made anew', { roles: { reader: ['*'] }, callers: [caller()] }, 'roles.reader'],
    [
      'a method that is none',
      { roles: { r: ['ubt.job.v1.Jobs/Delete'] }, callers: [caller()] },
      'roles.r[0]',
    ],
    [
      'a token in clear',
      { callers: [caller({ tokens: [{ sha256: newToken() }] })] },
      'callers[0].tokens[0].sha256',
    ],
    ['a caller without credentials', { callers: [caller({ certificates: [] })] }, 'callers[0]'],
    [
      'a certificate of no kind',
      { callers: [caller({ certificates: ['a'] })] },
      'callers[0].certificates[0]',
    ],
    ['a name twice', { callers: [caller(), caller({ certificates: ['cn:b'] })] }, 'callers[1]'],
    ['a certificate twice', { callers: [caller(), caller({ name: 'b' })] }, 'callers[1]'],
  ])('refuses %s and says where', (_, content, field) => {
    const error = failureOf(content);
    expect(error).toMatchObject({ kind: 'invalid-argument', code: 'AUTH_FILE_INVALID' });
    expect(error.violations.map((violation) => violation.field)).toContain(field);
    expect(error.message).not.toContain('secret');
  });

  it('refuses a token that two callers have', () => {
    const tokens = [{ sha256: sha256(newToken()) }];
    const callers = [caller({ tokens }), caller({ name: 'b', certificates: [], tokens })];
    expect(failureOf({ callers }).violations).toMatchObject([{ field: 'callers[1]' }]);
  });
});

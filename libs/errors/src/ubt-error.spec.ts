import { describe, expect, it } from '@jest/globals';
import { ERROR_KINDS, kindOfGrpcCode, UbtError } from './index.js';

describe('UbtError', () => {
  it('survives a trip through JSON', () => {
    const error = new UbtError('invalid-argument', 'pairs.csv has no column "caption".', {
      code: 'PAIRS_COLUMN_MISSING',
      fix: 'Name the column caption or title.',
      violations: [{ field: 'pairs.csv:1', reason: 'no caption column' }],
    });
    const back = UbtError.fromJSON(JSON.parse(JSON.stringify(error)));
    expect(back).toBeInstanceOf(UbtError);
    expect(back.toJSON()).toEqual(error.toJSON());
    expect(back.retryable).toBe(false);
  });

  it('keeps an UbtError as it is and recognises system errors', () => {
    const error = new UbtError('aborted', 'lost the race', { code: 'RACE' });
    expect(UbtError.from(error)).toBe(error);
    const full = UbtError.from(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    expect(full).toMatchObject({ kind: 'resource-exhausted', code: 'DISK_FULL', retryable: true });
    expect(UbtError.from(AbortSignal.abort().reason)).toMatchObject({ kind: 'cancelled', code: 'CANCELLED' });
    expect(UbtError.from('boom')).toMatchObject({ kind: 'internal', code: 'UNEXPECTED' });
  });

  it('maps every kind to a gRPC code of its own and back', () => {
    const codes = Object.values(ERROR_KINDS).map(({ grpc }) => grpc);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [kind, { grpc }] of Object.entries(ERROR_KINDS)) expect(kindOfGrpcCode(grpc)).toBe(kind);
    expect(kindOfGrpcCode(2)).toBe('internal');
  });
});

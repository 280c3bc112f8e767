import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { ERROR_KINDS, UbtError, type ErrorKind } from '@ubt/errors';
import { fromServiceError, toServiceError } from './service-error.js';

const trip = (error: UbtError) => fromServiceError(toServiceError(error), 'the detector');

describe('an error over the wire', () => {
  it.each(Object.keys(ERROR_KINDS) as ErrorKind[])('keeps its kind, %s', (kind) => {
    const error = new UbtError(kind, 'what, where, why', { code: 'SOME_CODE' });
    expect(toServiceError(error).code).toBe(ERROR_KINDS[kind].grpc);
    expect(trip(error).toJSON()).toEqual(error.toJSON());
  });

  it('stays small enough for proxies, with the first violations', () => {
    const violations = Array.from({ length: 500 }, (_, row) => ({
      field: `pairs.csv:${row}`,
      reason: 'the caption is empty '.repeat(10),
    }));
    const error = new UbtError('invalid-argument', 'x'.repeat(10_000), { code: 'PAIRS_BAD', violations });
    const [details] = toServiceError(error).metadata.get('grpc-status-details-bin');
    expect(details!.length).toBeLessThan(8_000);
    const back = trip(error);
    expect(back.violations.length).toBeGreaterThan(5);
    expect(back.violations[0]).toEqual(violations[0]);
  });

  it('from a peer that knows nothing of UBT still has a kind, a code and a fix', () => {
    const foreign = (metadata: Metadata) =>
      Object.assign(new Error('x'), {
        code: status.UNAVAILABLE,
        details: 'connection refused',
        metadata,
      }) as ServiceError;
    const garbled = new Metadata();
    garbled.set('grpc-status-details-bin', Buffer.from([255, 255, 255]));
    for (const metadata of [new Metadata(), garbled]) {
      const error = fromServiceError(foreign(metadata), 'the detector');
      expect(error).toMatchObject({ kind: 'unavailable', code: 'GRPC_UNAVAILABLE' });
      expect(error.fix).toContain('address');
      expect(error.message).toContain('the detector');
    }
  });
});

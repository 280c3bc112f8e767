import { unpackAny, type MessageType } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { PackedMessage } from '../jobs/job-record.js';

/**
 * The message that a job was made from.
 *
 * @throws UbtError JOB_REQUEST_MISMATCH when it holds another one
 */
export function jobRequest<T>(typeName: string, type: MessageType<T>, packed: PackedMessage): T {
  const any = { typeUrl: packed.typeUrl, value: Buffer.from(packed.value) };
  const request = unpackAny(typeName, type, any);
  if (request !== undefined) return request;
  throw new UbtError('internal', `A job that needs a ${typeName} holds a ${packed.typeUrl}.`, {
    code: 'JOB_REQUEST_MISMATCH',
    fix: 'Remove the job; it was made by another version.',
  });
}

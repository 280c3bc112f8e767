import { unpackAny, type MessageType } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { PackedMessage } from '../jobs/job-record.js';

/** The message of this type that a job holds as its request or result; undefined when it holds none or another. */
export function unpackJobMessage<T>(
  typeName: string,
  type: MessageType<T>,
  packed: PackedMessage | undefined,
): T | undefined {
  return packed && unpackAny(typeName, type, { typeUrl: packed.typeUrl, value: Buffer.from(packed.value) });
}

/**
 * The message that a job was made from.
 *
 * @throws UbtError JOB_REQUEST_MISMATCH when it holds another one
 */
export function jobRequest<T>(typeName: string, type: MessageType<T>, packed: PackedMessage): T {
  const request = unpackJobMessage(typeName, type, packed);
  if (request !== undefined) return request;
  throw new UbtError('internal', `A job that needs a ${typeName} holds a ${packed.typeUrl}.`, {
    code: 'JOB_REQUEST_MISMATCH',
    fix: 'Remove the job; it was made by another version.',
  });
}

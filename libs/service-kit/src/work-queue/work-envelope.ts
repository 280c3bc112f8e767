import type { MessageType } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { CloudEvent } from 'cloudevents';

/** A kind of message on a queue. */
export interface WorkType<T> {
  /** CloudEvents type, such as dev.ubt.detector.shard.v1. */
  readonly type: string;
  readonly message: MessageType<T>;
}

/** Writes a message as structured CloudEvents 1.0 JSON. */
export function encodeWork<T>({ type, message }: WorkType<T>, id: string, group: string, data: T): string {
  const time = new Date().toISOString();
  const event = {
    id,
    type,
    source: '/ubt/detector',
    subject: group,
    time,
    datacontenttype: 'application/json',
  };
  return JSON.stringify(new CloudEvent({ ...event, data: message.toJSON(data) }));
}

/** Reads a message back. @throws UbtError `invalid-argument`, code WORK_INVALID */
export function decodeWork<T>({ type, message }: WorkType<T>, payload: string): T {
  try {
    const event = new CloudEvent(JSON.parse(payload) as Partial<CloudEvent<unknown>>);
    if (event.type !== type) throw new Error(`its type is ${event.type}`);
    return message.fromJSON(event.data);
  } catch (cause) {
    throw new UbtError('invalid-argument', `Not a ${type}: ${(cause as Error).message}.`, {
      code: 'WORK_INVALID',
      fix: 'Run all replicas in one version, and let nobody else publish on their subjects.',
      cause,
    });
  }
}

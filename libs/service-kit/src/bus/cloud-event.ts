import { randomUUID } from 'node:crypto';
import { eventSubject, parseEventSubject, StageEvent, type EventKind, type Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { CloudEvent } from 'cloudevents';
import type { IncomingEvent, OutgoingEvent } from './event-bus.js';

/** An event ready for a broker. */
export interface EncodedEvent {
  readonly id: string;
  readonly subject: string;
  /** CloudEvents 1.0, structured JSON. */
  readonly payload: string;
}

/**
 * Writes an event as structured CloudEvents 1.0 JSON.
 *
 * @throws UbtError `invalid-argument`, code EVENT_INVALID, when the data does not name a run and a stage
 */
export function encodeEvent({ kind, data, id }: OutgoingEvent): EncodedEvent {
  const runId = data.run?.runId ?? '';
  const subject = eventSubject(runId, data.stage as Stage, kind);
  if (parseEventSubject(subject) === undefined) throw invalid(`${subject} is not a subject of events`);
  const event = new CloudEvent({
    id: id ?? eventId(kind, runId, data),
    type: `dev.ubt.stage.${kind}.v1`,
    source: `/ubt/${data.stage}`,
    subject: runId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: StageEvent.toJSON(data),
  });
  return { id: event.id, subject, payload: JSON.stringify(event) };
}

function eventId(kind: EventKind, runId: string, { stage, jobName, attempt }: StageEvent): string {
  if (kind === 'progress') return randomUUID();
  return [runId, stage, kind, jobName.slice(jobName.indexOf('/') + 1), attempt].join(':');
}

/**
 * Reads an event back.
 *
 * @throws UbtError `invalid-argument`, code EVENT_INVALID, for anything that is not an event of that subject
 */
export function decodeEvent(subject: string, payload: string): IncomingEvent {
  const parts = parseEventSubject(subject);
  if (parts === undefined) throw invalid(`${subject} is not a subject of events`);
  let event: CloudEvent<unknown>;
  let data: StageEvent;
  try {
    event = new CloudEvent(JSON.parse(payload) as Partial<CloudEvent<unknown>>);
    data = StageEvent.fromJSON(event.data);
  } catch (cause) {
    throw invalid(`the payload is not a CloudEvent with a stage event: ${(cause as Error).message}`, cause);
  }
  if (data.run?.runId !== parts.runId || data.stage !== parts.stage) {
    throw invalid(`the subject ${subject} and the data disagree about the run or the stage`);
  }
  return { id: event.id, subject, ...parts, data, time: event.time ?? new Date().toISOString() };
}

function invalid(reason: string, cause?: unknown): UbtError {
  return new UbtError('invalid-argument', `Not a stage event: ${reason}.`, {
    code: 'EVENT_INVALID',
    fix: 'Publish stage events with a run id of [a-z0-9-] and one of the known stages.',
    cause,
  });
}

import type { EventKind, Stage, StageEvent } from '@ubt/contracts';
import type { SerializedError } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';

/** An event to publish. Its subject follows from the run and the stage in the data, and the kind. */
export interface OutgoingEvent {
  readonly kind: EventKind;
  readonly data: StageEvent;
  /**
   * Publishing the same id twice within the deduplication window stores one event. Unless told, it is
   * `<run>:<stage>:<kind>:<job id>:<attempt>`, and unique for progress.
   */
  readonly id?: string;
}

/** An event as a handler gets it. */
export interface IncomingEvent {
  readonly id: string;
  readonly subject: string;
  readonly runId: string;
  readonly stage: Stage;
  readonly kind: EventKind;
  readonly data: StageEvent;
  /** When it was published, ISO 8601. */
  readonly time: string;
}

/** What a handler gets beside the event. */
export interface DeliveryContext {
  /** How often the event has been delivered, this time included. */
  readonly attempt: number;
  /** Aborted when the bus closes; the event will be delivered again. */
  readonly signal: AbortSignal;
  /** Tells the broker that work goes on. Called by itself every third of the ack wait while the handler runs. */
  working(): void;
  readonly logger: Logger;
}

/** A durable consumer. Subscriptions with the same `durable` name share its events, each event goes to one. */
export interface SubscribeOptions {
  /** 1 to 64 characters of [a-z0-9-]; it must keep its subjects. */
  readonly durable: string;
  /** Subjects, `*` for any one part, as `eventSubject('*', 'detector', 'completed')` makes them. */
  readonly subjects: readonly string[];
  /**
   * Works on an event. Returning acknowledges it. Throwing an error that the table of error kinds calls
   * `retry` has it delivered again later, any other dead-letters it at once. Events can come twice, so the
   * handler must be idempotent.
   */
  readonly handler: (event: IncomingEvent, context: DeliveryContext) => Promise<void>;
  /** Deliveries until the event is dead-lettered; 5 unless told. */
  readonly maxDeliver?: number;
  /** Silence after which the broker gives the event to somebody else, in ms; 30 s unless told. */
  readonly ackWaitMs?: number;
  /** Pause before each redelivery, in ms, the last one repeated; 1 s, 5 s, 30 s unless told. */
  readonly backoffMs?: readonly number[];
  /** Events worked on at once; 1 unless told. */
  readonly concurrency?: number;
  /** Hears whether events can arrive; for health checks. */
  readonly onState?: (consuming: boolean) => void;
}

/** Ends a subscription; events in work are finished or given back first. */
export interface Subscription {
  close(graceMs?: number): Promise<void>;
}

/** An event that was given up. */
export interface DeadLetter {
  readonly id: string;
  readonly subject: string;
  /** The consumer that gave up. */
  readonly durable: string;
  readonly attempts: number;
  readonly error: SerializedError;
  /** The event as it came in, CloudEvents JSON or whatever else it was. */
  readonly payload: string;
  /** When it was given up, ISO 8601. */
  readonly time: string;
}

/** Carries events between stages, at least once. */
export interface EventBus {
  /**
   * Stores an event; resolves when the broker has it.
   *
   * @throws UbtError `unavailable` BUS_UNAVAILABLE, `invalid-argument` EVENT_INVALID or EVENT_TOO_LARGE
   */
  publish(event: OutgoingEvent): Promise<{ readonly duplicate: boolean }>;
  /** Starts consuming, now or as soon as the broker is there. A new durable begins with the oldest event. */
  subscribe(options: SubscribeOptions): Subscription;
  /**
   * Waits for the broker.
   *
   * @throws UbtError `unavailable`, code BUS_UNAVAILABLE, with the last reason
   */
  ready(timeoutMs: number): Promise<void>;
  /** Calls back now and at every change of the connection; returns how to stop that. */
  onConnection(listener: (connected: boolean) => void): () => void;
  /** The latest dead letters, newest first; at most 100 unless told. */
  deadLetters(limit?: number): Promise<readonly DeadLetter[]>;
  /** Aborts the handlers' signals, waits for them at most `graceMs` (5 s) and gives unfinished events back. */
  close(graceMs?: number): Promise<void>;
}

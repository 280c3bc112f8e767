import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { TraceCarrier } from '../telemetry/trace-context.js';
import type { EncodedEvent } from './cloud-event.js';
import type { DeadLetter } from './event-bus.js';
import type { Delivery } from './process-delivery.js';

/** Bounds of an in-process broker. */
export interface InProcessBrokerOptions {
  /** Time in which the same id counts as the same event, in ms; 2 minutes unless told. */
  readonly dedupWindowMs?: number;
  /** Events kept for consumers that come later; 10,000 unless told. The oldest go first. */
  readonly maxEvents?: number;
}

/** An event with the trace it was published in. */
export type StoredEvent = EncodedEvent & { readonly trace: TraceCarrier };

/** One that takes events of a durable consumer. */
export interface Member {
  /** Events it takes at once; looked at before each. */
  readonly slots: number;
  /** Works on a delivery and answers it. */
  take(delivery: Delivery): Promise<void>;
}

/** Keeps events and durable consumers in memory, for the services of one process. */
export interface InProcessBroker {
  /** @returns whether the id was known already */
  store(event: StoredEvent): boolean;
  storeDeadLetter(letter: DeadLetter): void;
  /** Newest first. */
  deadLetters(): readonly DeadLetter[];
  /** Joins a durable consumer; the function returned leaves it, and puts what the member holds back at once. */
  join(durable: string, subjects: readonly string[], member: Member): () => void;
}

interface Waiting {
  readonly event: StoredEvent;
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
}

interface Durable {
  readonly subjects: readonly string[];
  readonly waiting: Waiting[];
  /** What each member has in hand. */
  readonly members: Map<Member, Set<Waiting>>;
  timer: NodeJS.Timeout | undefined;
}

/** Creates a broker; buses on it share its events. */
export function createInProcessBroker(options: InProcessBrokerOptions = {}): InProcessBroker {
  const { dedupWindowMs = 120_000, maxEvents = 10_000 } = options;
  const log: StoredEvent[] = [];
  const seen = new Map<string, number>();
  const durables = new Map<string, Durable>();
  const letters: DeadLetter[] = [];

  const isDuplicate = ({ id }: EncodedEvent): boolean => {
    const now = Date.now();
    // Insertion order is time order, so the old ids come first.
    for (const [old, at] of seen) {
      if (now - at < dedupWindowMs) break;
      seen.delete(old);
    }
    if (seen.has(id)) return true;
    seen.set(id, now);
    return false;
  };
  const durableOf = (name: string, subjects: readonly string[]): Durable => {
    const known = durables.get(name);
    if (known !== undefined) return known;
    const waiting = log.filter(({ subject }) => matches(subject, subjects)).map(first);
    const durable = { subjects, waiting, members: new Map(), timer: undefined };
    durables.set(name, durable);
    return durable;
  };

  return {
    store: (event) => {
      if (isDuplicate(event)) return true;
      log.push(event);
      if (log.length > maxEvents) log.shift();
      for (const durable of durables.values()) {
        if (!matches(event.subject, durable.subjects)) continue;
        durable.waiting.push(first(event));
        dispatch(durable);
      }
      return false;
    },
    storeDeadLetter: (letter) => {
      letters.unshift(letter);
      if (letters.length > maxEvents) letters.pop();
    },
    deadLetters: () => [...letters],
    join: (name, subjects, member) => {
      const durable = durableOf(name, subjects);
      durable.members.set(member, new Set());
      dispatch(durable);
      return () => {
        const inHand = durable.members.get(member);
        durable.members.delete(member);
        for (const { event, attempt } of inHand ?? []) {
          durable.waiting.push({ event, attempt: attempt + 1, notBefore: 0 });
        }
        inHand?.clear();
        dispatch(durable);
      };
    },
  };
}

/** Hands out what is due to members with a free slot, and comes back when something will be due. */
function dispatch(durable: Durable): void {
  clearTimeout(durable.timer);
  for (;;) {
    const free = [...durable.members].find(([member, inHand]) => inHand.size < member.slots);
    if (free === undefined) return;
    const now = Date.now();
    const due = durable.waiting.findIndex(({ notBefore }) => notBefore <= now);
    if (due < 0) break;
    const [waiting] = durable.waiting.splice(due, 1) as [Waiting];
    const [member, inHand] = free;
    inHand.add(waiting);
    // The last one served goes to the end of the line.
    durable.members.delete(member);
    durable.members.set(member, inHand);
    const delivery = deliveryOf(durable, waiting, inHand);
    setImmediate(() => context.with(ROOT_CONTEXT, () => void member.take(delivery)));
  }
  if (durable.waiting.length === 0) return;
  const next = Math.min(...durable.waiting.map(({ notBefore }) => notBefore));
  durable.timer = setTimeout(() => dispatch(durable), Math.max(1, next - Date.now()));
}

function deliveryOf(durable: Durable, waiting: Waiting, inHand: Set<Waiting>): Delivery {
  const { event, attempt } = waiting;
  const answer = (again?: Waiting) => {
    // Answers count once, and not after the member has left.
    if (!inHand.delete(waiting)) return;
    if (again !== undefined) durable.waiting.push(again);
    dispatch(durable);
  };
  return {
    ...event,
    attempt,
    ack: () => Promise.resolve(answer()),
    retry: (pauseMs) => answer({ event, attempt: attempt + 1, notBefore: Date.now() + pauseMs }),
    giveUp: () => answer(),
    working: () => undefined,
  };
}

function first(event: StoredEvent): Waiting {
  return { event, attempt: 1, notBefore: 0 };
}

function matches(subject: string, filters: readonly string[]): boolean {
  const parts = subject.split('.');
  return filters.some((filter) => {
    const wanted = filter.split('.');
    return wanted.length === parts.length && wanted.every((part, i) => part === '*' || part === parts[i]);
  });
}

import { once, EventEmitter } from 'node:events';
import { UbtError } from '@ubt/errors';
import { jobNotFound } from './job-errors.js';
import { isFinal, type JobRecord } from './job-record.js';
import type { JobStore } from './job-store.js';

/**
 * How a change is kept: `durable` is on disk before anybody sees it, `lazy` reaches the disk within a second
 * or so, `memory` only with the next change.
 */
export type Durability = 'durable' | 'lazy' | 'memory';

/** What a change does to a record; undefined leaves it as it is. */
export type JobChange = (record: JobRecord) => Partial<JobRecord> | undefined;

/** All jobs of a service: in memory for reading, in the store for good. Changes of one job happen in turn. */
export interface JobRegistry {
  load(): Promise<void>;
  all(): readonly JobRecord[];
  /** @throws UbtError `not-found`, code JOB_NOT_FOUND */
  get(name: string): JobRecord;
  /** @throws UbtError when the store cannot write; then the job does not exist */
  add(record: JobRecord): Promise<JobRecord>;
  /** @throws UbtError when a durable change cannot be written; then nothing changed */
  change(name: string, change: JobChange, durability: Durability): Promise<JobRecord>;
  remove(name: string): Promise<void>;
  /** The record now (if it is newer than `afterSequence`) and after every change, up to the final one. */
  watch(name: string, afterSequence: number, signal?: AbortSignal): AsyncGenerator<JobRecord, void>;
}

const LAZY_MS = 1_000;
/**
 * Lazily kept progress may be lost in a crash together with its sequence numbers, which watchers have seen;
 * after a restart numbers go on well above them.
 */
const SEQUENCE_GAP = 1_000;

/** A registry over a store; `onChange` hears of every change, after it happened. */
export function createJobRegistry(store: JobStore, onChange: (record: JobRecord) => void): JobRegistry {
  const records = new Map<string, JobRecord>();
  const turns = new Map<string, Promise<unknown>>();
  const lastLazySave = new Map<string, number>();
  const changes = new EventEmitter().setMaxListeners(0);

  const get = (name: string): JobRecord => {
    const record = records.get(name);
    if (record === undefined) throw jobNotFound(name);
    return record;
  };
  const publish = (record: JobRecord): JobRecord => {
    records.set(record.name, record);
    onChange(record);
    changes.emit(record.name);
    return record;
  };
  const inTurn = <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(name) ?? Promise.resolve()).then(act);
    const settled: Promise<unknown> = turn
      .catch(() => undefined)
      .then(() => turns.get(name) === settled && turns.delete(name));
    turns.set(name, settled);
    return turn;
  };
  const isLazySaveDue = (name: string) =>
    performance.now() - (lastLazySave.get(name) ?? -Infinity) >= LAZY_MS;
  const keep = async (record: JobRecord, durability: Durability): Promise<void> => {
    if (durability === 'durable') await store.save(record).catch(asUbtError);
    else if (durability === 'lazy' && isLazySaveDue(record.name)) {
      lastLazySave.set(record.name, performance.now());
      // Losing progress is harmless; a full disk shows at the next durable change.
      await store.saveLazily(record).catch(() => undefined);
    }
    if (isFinal(record)) lastLazySave.delete(record.name);
  };

  return {
    get,
    all: () => [...records.values()],
    load: async () => {
      for (const record of await store.load()) {
        const sequence = record.sequence + (isFinal(record) ? 0 : SEQUENCE_GAP);
        records.set(record.name, { ...record, sequence });
      }
    },
    add: (record) =>
      inTurn(record.name, async () => {
        await store.save(record).catch(asUbtError);
        return publish(record);
      }),
    change: (name, change, durability) =>
      inTurn(name, async () => {
        const current = get(name);
        const patch = change(current);
        if (patch === undefined) return current;
        const next = { ...current, ...patch, sequence: current.sequence + 1 };
        await keep(next, durability);
        return publish(next);
      }),
    remove: (name) =>
      inTurn(name, async () => {
        await store.remove(name);
        records.delete(name);
        changes.emit(name);
      }),
    watch: async function* (name, afterSequence, signal) {
      for (let seen = afterSequence; ;) {
        const record = get(name);
        if (record.sequence > seen) {
          seen = record.sequence;
          yield record;
        } else if (isFinal(record)) return;
        else await once(changes, name, signal === undefined ? {} : { signal });
      }
    },
  };
}

function asUbtError(thrown: unknown): never {
  throw UbtError.from(thrown);
}

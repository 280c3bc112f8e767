import type { JobRecord } from './job-record.js';

/**
 * Keeps job records across restarts of the service. One service instance uses one store, and waits for the
 * end of a write to a job before the next one to it.
 */
export interface JobStore {
  /** All records, in no order. */
  load(): Promise<readonly JobRecord[]>;
  /** Stores a record so that it survives a power cut; replaces the one of the same name at once or not at all. */
  save(record: JobRecord): Promise<void>;
  /** Like `save`, but a power cut may bring the record before back: for progress. */
  saveLazily(record: JobRecord): Promise<void>;
  remove(name: string): Promise<void>;
}

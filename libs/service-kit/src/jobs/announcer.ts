import { setTimeout as sleep } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import type { Logger } from '../telemetry/logger.js';
import { extractTrace, type TraceCarrier } from '../telemetry/trace-context.js';
import type { JobRecord } from './job-record.js';
import type { JobRegistry } from './job-registry.js';

/** Tells the world that a job is RUNNING or has ended; throws when it could not. */
export type Announce = (job: JobRecord) => Promise<void>;

/** Announces jobs: starts once and as well as it goes, ends until it worked. */
export interface Announcer {
  started(name: string): void;
  ended(name: string, trace: TraceCarrier): void;
  /** Waits for announcements that are under way, gives up those that keep failing: they are made after a restart. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** The end of a job is marked as announced in its record only after it was, so a crash repeats it. */
export function createAnnouncer(
  registry: JobRegistry,
  announce: Announce | undefined,
  logger: Logger,
): Announcer {
  const stopping = new AbortController();
  const pending = new Set<Promise<void>>();
  const track = (work: Promise<void>) => {
    pending.add(work);
    void work.finally(() => pending.delete(work));
  };

  const announceStart = async (tell: Announce, name: string) => {
    for await (const job of registry.watch(name, 0, stopping.signal)) {
      if (job.state === 'QUEUED') continue;
      if (job.state === 'RUNNING') await context.with(extractTrace(job.trace), () => tell(job));
      return;
    }
  };
  const announceEnd = async (tell: Announce, name: string, trace: TraceCarrier) => {
    for (
      let pause = FIRST_PAUSE_MS;
      !stopping.signal.aborted;
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
    ) {
      try {
        await context.with(extractTrace(trace), () => tell(registry.get(name)));
        await registry.change(name, () => ({ announced: true }), 'durable');
        return;
      } catch (err) {
        logger.warn({ err, job: name, retry_in_ms: pause }, 'cannot announce the end of a job yet');
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };

  return {
    started: (name) => {
      if (announce === undefined) return;
      const quietly = (err: unknown) => logger.warn({ err, job: name }, 'cannot announce the start of a job');
      track(announceStart(announce, name).catch(quietly));
    },
    ended: (name, trace) => {
      if (announce !== undefined) track(announceEnd(announce, name, trace));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(pending);
    },
  };
}

import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What was seen of a server while it was under load. */
export interface ServerWatch {
  /** Resident memory in MiB of the server and the processes below it that score, over time. */
  readonly memoryMiB: readonly number[];
  /** Milliseconds that each health probe took. */
  readonly probes: readonly number[];
  /** Probes that were not answered. */
  readonly lostProbes: number;
}

const PROBE_EVERY_MS = 100;
const MEMORY_EVERY_PROBES = 5;

/**
 * Watches a server until `stop`: asks for its health ten times a second, and looks at its memory twice a second.
 *
 * @param probe asks once; undefined for a server without health checks
 * @param counts tells by its command line whether a process below the server's is part of it
 */
export function watchServer(
  pid: number,
  probe: (() => Promise<unknown>) | undefined,
  counts: (commandLine: string) => boolean,
): { stop(): Promise<ServerWatch> } {
  const memoryMiB: number[] = [];
  const probes: number[] = [];
  let lostProbes = 0;
  let isStopped = false;
  const watching = (async () => {
    for (let round = 0; !isStopped; round++) {
      const asked = performance.now();
      const isAnswered = await probe?.().then(
        () => true,
        () => false,
      );
      if (isAnswered === true) probes.push(performance.now() - asked);
      else if (isAnswered === false) lostProbes += 1;
      if (round % MEMORY_EVERY_PROBES === 0) memoryMiB.push(await residentMiB(pid, counts));
      await sleep(Math.max(0, PROBE_EVERY_MS - (performance.now() - asked)));
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await watching;
      return { memoryMiB, probes, lostProbes };
    },
  };
}

async function residentMiB(pid: number, counts: (commandLine: string) => boolean): Promise<number> {
  const below = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const parent = /^PPid:\s+(\d+)$/m.exec(await read(`/proc/${name}/status`))?.[1];
    if (Number(parent) === pid && counts(await read(`/proc/${name}/cmdline`))) below.push(Number(name));
  }
  const sizes = await Promise.all(
    [pid, ...below].map(async (one) => {
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await read(`/proc/${one}/status`))?.[1];
      return Number(kilobytes ?? 0) / 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A process may end while it is looked at. */
const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

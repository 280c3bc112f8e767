import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '@ubt/contracts';

/** What the processes of the stages are made to see. */
interface Switches {
  /** Stages whose every write to a file fails with ENOSPC. */
  readonly diskFull: readonly Stage[];
  /** How far the wall clock of a stage is off, in milliseconds. */
  readonly clockMs: Readonly<Partial<Record<Stage, number>>>;
}

/** Switches faults on and off inside running processes; see `preload/fault-switches.mjs`. */
export interface FaultSwitches {
  /** Value of NODE_OPTIONS that puts the processes of a stage under the switches. */
  nodeOptions(stage: Stage): string;
  fillDisk(stages: readonly Stage[]): void;
  setClock(stage: Stage, offsetMs: number): void;
  /** Everything as it is in reality. */
  reset(): void;
}

const PRELOAD = new URL('../../preload/fault-switches.mjs', import.meta.url);

/** Switches whose control file lies in a folder. */
export function createFaultSwitches(folder: string): FaultSwitches {
  const control = join(folder, 'fault-switches.json');
  let switches: Switches = { diskFull: [], clockMs: {} };
  const set = (change: Partial<Switches>) => {
    switches = { ...switches, ...change };
    writeFileSync(`${control}.tmp`, JSON.stringify(switches));
    renameSync(`${control}.tmp`, control);
  };
  set({});
  return {
    nodeOptions: (stage) => {
      const url = new URL(PRELOAD);
      url.search = new URLSearchParams({ control, stage }).toString();
      return `--import ${url.href}`;
    },
    fillDisk: (stages) => set({ diskFull: stages }),
    setClock: (stage, offsetMs) => set({ clockMs: { ...switches.clockMs, [stage]: offsetMs } }),
    reset: () => set({ diskFull: [], clockMs: {} }),
  };
}

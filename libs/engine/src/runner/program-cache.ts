import type { Value } from '../recorder/value.js';
import type { Program } from './program.js';

/** How much a {@link ProgramCache} keeps. The program used last is kept in any case. */
export interface ProgramLimits {
  /** Programs to keep at most. */
  readonly maxPrograms: number;
  /** Memory of the kept programs at most, in bytes, by their own estimate. */
  readonly maxProgramBytes: number;
}

/** Keeps the programs used last and releases the others. */
export class ProgramCache {
  private readonly programs = new Map<string, Program>();
  private total = 0;

  constructor(private readonly limits: ProgramLimits) {}

  get size(): number {
    return this.programs.size;
  }

  /** Estimated memory of the kept programs, in bytes. */
  get bytes(): number {
    return this.total;
  }

  /** The program of a structure, compiled when it is not kept. */
  async get(key: string, compile: () => Promise<Program>): Promise<Program> {
    const kept = this.programs.get(key);
    const program = kept ?? (await compile());
    if (kept === undefined) this.total += program.bytes;
    // A Map iterates in insertion order: moving the used program to the end makes the first the oldest.
    this.programs.delete(key);
    this.programs.set(key, program);
    while (this.programs.size > 1 && this.isOverLimit()) {
      const [oldest] = this.programs.keys();
      await this.drop(oldest!);
    }
    return program;
  }

  /** Forgets and frees one program. */
  async drop(key: string): Promise<void> {
    const program = this.programs.get(key);
    if (program === undefined) return;
    this.programs.delete(key);
    this.total -= program.bytes;
    await program.release();
  }

  /** Forgets and frees the programs that a frozen value is part of. */
  async dropWith(frozen: Value): Promise<void> {
    for (const [key, program] of [...this.programs]) {
      if (program.baked.includes(frozen)) await this.drop(key);
    }
  }

  async clear(): Promise<void> {
    for (const key of [...this.programs.keys()]) await this.drop(key);
  }

  private isOverLimit(): boolean {
    return this.programs.size > this.limits.maxPrograms || this.total > this.limits.maxProgramBytes;
  }
}

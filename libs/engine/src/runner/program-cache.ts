import type { Program } from './program.js';

/** Keeps the programs used last and releases the others. */
export class ProgramCache {
  private readonly programs = new Map<string, Program>();

  /** @param limit programs to keep at most */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.programs.size;
  }

  /** The program of a structure, compiled when it is not kept. */
  async get(key: string, compile: () => Promise<Program>): Promise<Program> {
    const program = this.programs.get(key) ?? (await compile());
    // A Map iterates in insertion order: moving the used program to the end makes the first the oldest.
    this.programs.delete(key);
    this.programs.set(key, program);
    if (this.programs.size > this.limit) {
      const [oldest] = this.programs.keys();
      await this.drop(oldest!);
    }
    return program;
  }

  /** Forgets and frees one program. */
  async drop(key: string): Promise<void> {
    const program = this.programs.get(key);
    this.programs.delete(key);
    await program?.release();
  }

  async clear(): Promise<void> {
    for (const key of [...this.programs.keys()]) await this.drop(key);
  }
}

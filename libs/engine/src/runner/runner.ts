import { UbtError } from '@ubt/errors';
import type { InferenceSession } from 'onnxruntime-node';
import { bakedBytes, collect, crossingValues, partition, type Collection } from '../compiler/collect.js';
import type { GraphNode } from '../recorder/graph-node.js';
import type { Value } from '../recorder/value.js';
import { BufferPool } from './buffer-pool.js';
import { Program } from './program.js';
import { ProgramCache, type ProgramLimits } from './program-cache.js';

/** What a {@link Runner} is made with. */
export interface RunnerOptions extends ProgramLimits {
  readonly session: InferenceSession.SessionOptions;
  /** Free output memory to keep at most, in bytes. */
  readonly maxPoolBytes: number;
}

/** Structures with frozen values to remember at most. */
const MAX_SEEN = 1024;

/** Compiles and runs recorded nodes, and turns their live values into leaves. */
export class Runner {
  private readonly pool: BufferPool;
  private readonly programs: ProgramCache;
  /** Structures with frozen values that were run once; they are forgotten rather than kept without bound. */
  private readonly seen = new Set<string>();
  /** Graphs run so far. */
  graphRuns = 0;
  /** Sessions compiled so far. */
  sessionsCompiled = 0;
  /** Time spent compiling so far, in milliseconds. */
  compileMs = 0;
  /** Time spent in native runs so far, in milliseconds. */
  runMs = 0;

  constructor(private readonly options: RunnerOptions) {
    this.pool = new BufferPool(options.maxPoolBytes);
    this.programs = new ProgramCache(options);
  }

  get cachedSessions(): number {
    return this.programs.size;
  }

  get programBytes(): number {
    return this.programs.bytes;
  }

  get poolBytes(): number {
    return this.pool.bytes;
  }

  /**
   * Runs what is live of `nodes`, as one graph unless it is very large. Failures are kept in the values that
   * could not be computed.
   */
  async run(nodes: readonly GraphNode[]): Promise<void> {
    const parts = partition(nodes);
    const crossing = crossingValues(parts);
    for (const part of parts) await this.runPart(await this.collectPart(part, crossing));
    this.finish(nodes);
  }

  /**
   * Frozen values become part of a graph when it is run for the second time. Compiling them in takes memory and time
   * that only repetition pays back, and the last, smaller batch of a data set comes once. Those that ask for it are
   * part of it at once: then what was run before does not show in the last bits of a result.
   */
  private async collectPart(nodes: readonly GraphNode[], crossing: ReadonlySet<Value>): Promise<Collection> {
    const fed = collect(nodes, crossing);
    if (!fed.feedsFrozen) return fed;
    if (!fed.bakesAtOnce && !this.seen.has(fed.key)) {
      if (this.seen.size >= MAX_SEEN) this.seen.clear();
      this.seen.add(fed.key);
      return fed;
    }
    const baked = collect(nodes, crossing, true);
    if (2 * bakedBytes(baked) > this.options.maxProgramBytes) return collect(nodes, crossing);
    await this.programs.drop(fed.key);
    return baked;
  }

  private async runPart(collection: Collection): Promise<void> {
    try {
      await this.runCollection(collection);
    } catch (cause) {
      await this.programs.drop(collection.key);
      const failure = runFailed(collection, cause);
      for (const output of collection.outputs) output.failure = failure;
    }
  }

  /** Takes back the memory of a value that nobody holds, reads or uses any more. */
  recycle(value: Value): void {
    if (!value.recyclable || value.data === null) return;
    if (value.holders > 0 || value.readers > 0 || value.uses > 0) return;
    this.pool.release(value.data);
    value.data = null;
    value.recyclable = false;
  }

  /** Frees the compiled graphs that a frozen value is part of, which nobody holds any more. */
  async forget(frozen: Value): Promise<void> {
    await this.programs.dropWith(frozen);
  }

  /** Lets go of the memory that is kept for coming outputs. */
  dropFree(): void {
    this.pool.clear();
  }

  async dispose(): Promise<void> {
    await this.programs.clear();
    this.pool.clear();
  }

  private async runCollection(collection: Collection): Promise<void> {
    rethrowFailedInput(collection);
    const program = await this.programs.get(collection.key, () => this.compile(collection));
    const start = performance.now();
    const arrays = await program.run(collection, this.pool);
    this.runMs += performance.now() - start;
    this.graphRuns++;
    collection.outputs.forEach((output, i) => {
      output.data = arrays[i]!;
      output.producer = null;
      output.recyclable = true;
    });
  }

  private async compile(collection: Collection): Promise<Program> {
    const start = performance.now();
    const program = await Program.compile(collection, this.options.session);
    this.compileMs += performance.now() - start;
    this.sessionsCompiled++;
    return program;
  }

  /** The nodes are done: cut them loose, so that what only they held can be freed. */
  private finish(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      for (const output of node.outputs) {
        output.producer = null;
        this.recycle(output);
      }
      for (const input of node.inputs) {
        if (input === null) continue;
        const owner = input.base ?? input;
        owner.uses--;
        this.recycle(owner);
      }
    }
  }
}

function rethrowFailedInput({ nodes }: Collection): void {
  for (const { inputs } of nodes) {
    for (const input of inputs) if (input?.failure !== undefined) throw input.failure as UbtError;
  }
}

function runFailed(collection: Collection, cause: unknown): UbtError {
  if (cause instanceof UbtError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what = `a graph of ${collection.nodes.length} operations`;
  return new UbtError('internal', `ONNX Runtime could not run ${what}: ${reason}`, {
    code: 'ENGINE_RUN_FAILED',
    fix: 'Check shapes and memory; if they are right, this is a fault of a kernel in libs/engine.',
    cause,
  });
}

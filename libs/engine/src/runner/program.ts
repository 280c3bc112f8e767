import * as ort from 'onnxruntime-node';
import { buildModel, leafName, valueName } from '../compiler/build-model.js';
import { bakedBytes, fedBytes, type Collection } from '../compiler/collect.js';
import { overwrites, type Overwrite } from '../compiler/overwrites.js';
import { peakBytes } from '../compiler/peak-bytes.js';
import type { HostArray, Value } from '../recorder/value.js';
import type { BufferPool } from './buffer-pool.js';

/** A frozen matrix is kept packed for its product, and as it was when something else reads it too. */
const PACKED_COPIES = 1.5;

/**
 * From here on, what is read and what is made together, a graph allocates and frees each value by itself. ONNX
 * Runtime's arena is faster for small ones, but every compiled graph keeps its own, and it takes several times what a
 * large graph has alive (measured in docs/engine.md).
 */
const LARGE_BYTES = 2 ** 28;
const WITHOUT_ARENA = { enableCpuMemArena: false, enableMemPattern: false };

/** The compiled form of one structure; every collection with the same key can be run with it. */
export class Program {
  private constructor(
    private readonly session: ort.InferenceSession,
    /** Frozen values that are part of the graph. */
    readonly baked: readonly Value[],
    /** Outputs that may take the memory of a leaf that nobody else needs. */
    private readonly overwrites: readonly Overwrite[],
    /** Estimate of the native memory that the program keeps, in bytes. */
    readonly bytes: number,
  ) {}

  /** Compiles the graph. */
  static async compile(
    collection: Collection,
    options: ort.InferenceSession.SessionOptions,
  ): Promise<Program> {
    const { model, externalData } = buildModel(collection);
    const peak = peakBytes(collection);
    const baked = bakedBytes(collection);
    const memory = peak + baked + fedBytes(collection) > LARGE_BYTES ? WITHOUT_ARENA : {};
    return new Program(
      await ort.InferenceSession.create(model, { ...options, ...memory, externalData }),
      collection.baked,
      overwrites(collection),
      peak + PACKED_COPIES * baked,
    );
  }

  /** Runs the graph; the elements of `collection.outputs[i]` are at `[i]`. */
  async run(collection: Collection, pool: BufferPool): Promise<HostArray[]> {
    const feeds: Record<string, ort.Tensor> = {};
    collection.leaves.forEach((leaf, i) => {
      feeds[leafName(i)] = new ort.Tensor(leaf.dtype, leaf.data as never, leaf.shape);
    });
    const fetches: Record<string, ort.Tensor> = {};
    const taken = this.takeLeaves(collection);
    const arrays = collection.outputs.map((output, i) => {
      const array = taken.get(i) ?? pool.allocate(output.dtype, output.size);
      fetches[valueName(output)] = new ort.Tensor(output.dtype, array as never, output.shape);
      return array;
    });
    await this.session.run(feeds, fetches);
    return arrays;
  }

  /** The memory of leaves that only this run reads any more, by the output that is written there. */
  private takeLeaves({ leaves }: Collection): Map<number, HostArray> {
    const taken = new Map<number, HostArray>();
    for (const { output, leaf, reads } of this.overwrites) {
      const value = leaves[leaf]!;
      if (value.base !== null || !value.recyclable || value.holders > 0 || value.readers > 0) continue;
      // More uses than this graph's: a later one reads it too.
      if (value.uses !== reads) continue;
      taken.set(output, value.data!);
      value.data = null;
      value.recyclable = false;
    }
    return taken;
  }

  /** Frees the native session. */
  release(): Promise<void> {
    return this.session.release();
  }
}

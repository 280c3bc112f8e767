import * as ort from 'onnxruntime-node';
import { buildModel, leafName, valueName } from '../compiler/build-model.js';
import { mayBeBaked, type Collection } from '../compiler/collect.js';
import type { HostArray } from '../recorder/value.js';
import type { BufferPool } from './buffer-pool.js';

/** After so many compilations of one structure every leaf is fed. */
const MAX_SPECIALISATIONS = 3;

/**
 * The compiled form of one structure. Small constants are part of the compiled graph; when a later run brings
 * another content for one (a learning-rate schedule), that leaf is fed from then on, and the graph is compiled
 * once more.
 */
export class Program {
  private session: ort.InferenceSession | null = null;
  private baked: (HostArray | null)[] = [];
  private compilations = 0;

  constructor(private readonly options: ort.InferenceSession.SessionOptions) {}

  /** Compiles when there is no session that fits the leaves. Returns whether it compiled. */
  async prepare(collection: Collection): Promise<boolean> {
    if (this.session !== null && this.fits(collection)) return false;
    this.baked = this.nextBaked(collection);
    await this.release();
    this.session = await ort.InferenceSession.create(buildModel(collection, this.baked), this.options);
    this.compilations++;
    return true;
  }

  /** Runs the graph; the elements of `collection.outputs[i]` are at `[i]`. */
  async run(collection: Collection, pool: BufferPool): Promise<HostArray[]> {
    const feeds: Record<string, ort.Tensor> = {};
    collection.leaves.forEach((leaf, i) => {
      if (!this.baked[i]) feeds[leafName(i)] = new ort.Tensor(leaf.dtype, leaf.data as never, leaf.shape);
    });
    const fetches: Record<string, ort.Tensor> = {};
    const arrays = collection.outputs.map((output) => {
      const array = pool.allocate(output.dtype, output.size);
      fetches[valueName(output)] = new ort.Tensor(output.dtype, array as never, output.shape);
      return array;
    });
    await this.session!.run(feeds, fetches);
    return arrays;
  }

  /** Frees the native session. */
  async release(): Promise<void> {
    const session = this.session;
    this.session = null;
    await session?.release();
  }

  private fits({ leaves }: Collection): boolean {
    return this.baked.every((data, i) => data === null || sameElements(data, leaves[i]!.data!));
  }

  private nextBaked({ leaves }: Collection): (HostArray | null)[] {
    return leaves.map((leaf, i) => {
      if (!mayBeBaked(leaf) || this.compilations >= MAX_SPECIALISATIONS - 1) return null;
      const before = this.baked[i];
      const varies = this.compilations > 0 && (!before || !sameElements(before, leaf.data!));
      return varies ? null : leaf.data!.slice();
    });
  }
}

function sameElements(a: HostArray, b: HostArray): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

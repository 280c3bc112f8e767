import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import { Recorder } from '../recorder/recorder.js';
import {
  elementsOf,
  isFrozenLeaf,
  sameShape,
  type HostArray,
  type Precision,
  type TensorType,
  type Value,
} from '../recorder/value.js';
import { Runner, type RunnerOptions } from '../runner/runner.js';

/** Name under which the backend is registered with TensorFlow.js. */
export const ONNXRUNTIME_BACKEND = 'onnxruntime';

/** Recorded operations after which a run starts by itself as soon as the event loop turns. */
const MAX_PENDING = 20_000;

interface Held {
  readonly value: Value;
  refCount: number;
}

/**
 * The TensorFlow.js backend that computes nothing until a value is read: kernels record ONNX operations, and
 * {@link OnnxruntimeBackend.read} runs everything recorded so far as one graph.
 */
export class OnnxruntimeBackend extends tf.KernelBackend {
  readonly recorder: Recorder;
  readonly runner: Runner;
  private readonly held: tf.DataStorage<Held>;
  /** Runs are strictly one after the other; this is the end of the last one. */
  private lastRun: Promise<void> = Promise.resolve();
  /** The run that was asked for and has not started yet; it takes what is recorded until then. */
  private nextRun: Promise<void> | null = null;

  constructor(options: RunnerOptions) {
    super();
    this.recorder = new Recorder((pending) => {
      if (pending > MAX_PENDING) void this.flush();
    });
    this.runner = new Runner(options);
    this.held = new tf.DataStorage(this, tf.engine());
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    return this.hold(this.recorder.leaf(tensorType(dtype), shape, values as HostArray));
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const value = this.recorder.leaf(tensorType(dtype), shape, values as HostArray);
    value.holders++;
    this.held.set(dataId, { value, refCount });
  }

  /** A new data id that stands for the value. */
  hold(value: Value): tf.DataId {
    const dataId = {};
    value.holders++;
    this.held.set(dataId, { value, refCount: 1 });
    return dataId;
  }

  /** The value of a tensor, in the tensor's shape. */
  tensorValue({ dataId, shape }: tf.TensorInfo): Value {
    const { value } = this.held.get(dataId);
    if (sameShape(value.shape, shape)) return value;
    // Without an operation for it, so that a variable's graph is the same whatever shape its update came in.
    if (value.data !== null && value.constantKey === null) return value.view(shape);
    return this.recorder.op('Reshape', [value, this.recorder.ints(shape)], value.dtype, shape);
  }

  /** A new data id for the same elements, frozen; they must be computed. */
  freeze(dataId: tf.DataId, precision: Precision, bakedAtOnce: boolean): tf.DataId {
    const { value } = this.held.get(dataId);
    elementsOf(value);
    return this.hold(this.recorder.frozenLeaf(value, precision, bakedAtOnce));
  }

  /** Whether reading the value would need no run. */
  isComputed(dataId: tf.DataId): boolean {
    return elementsOf(this.held.get(dataId).value) !== null;
  }

  /**
   * Runs everything recorded, and waits for it. The run starts after the calling code has come to its end, so
   * what that still records belongs to it, and what it still disposes is not computed.
   */
  flush(): Promise<void> {
    if (this.nextRun === null && this.recorder.pendingCount > 0) {
      this.nextRun = this.lastRun.then(() => {
        this.nextRun = null;
        return this.runner.run(this.recorder.take());
      });
      this.lastRun = this.nextRun;
    }
    return this.lastRun;
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    const { value } = this.held.get(dataId);
    if (elementsOf(value) === null) {
      value.readers++;
      try {
        // A value that is being computed already needs no further run.
        await (value.producer?.taken ? this.lastRun : this.flush());
      } finally {
        value.readers--;
      }
    }
    return handOut(value);
  }

  override readSync(dataId: object): tf.BackendValues {
    const { value } = this.held.get(dataId);
    if (elementsOf(value) === null && value.failure === undefined) {
      throw new UbtError('failed-precondition', 'A value was read synchronously before it was computed.', {
        code: 'ENGINE_SYNC_READ',
        fix: 'Read values with `await tensor.data()`; dataSync, arraySync and print cannot work here.',
      });
    }
    return handOut(value);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.held.has(dataId)) return true;
    const held = this.held.get(dataId);
    held.refCount--;
    if (!force && held.refCount > 0) return false;
    this.held.delete(dataId);
    held.value.holders--;
    this.runner.recycle(held.value);
    if (isFrozenLeaf(held.value) && held.value.holders === 0) this.forget(held.value);
    return true;
  }

  /** After the runs under way, which may read the value. */
  private forget(value: Value): void {
    this.lastRun = this.lastRun.then(() => this.runner.forget(value));
  }

  override refCount(dataId: object): number {
    return this.held.has(dataId) ? this.held.get(dataId).refCount : 0;
  }

  override incRef(dataId: object): void {
    this.held.get(dataId).refCount++;
  }

  override numDataIds(): number {
    return this.held.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Time of recording and running what `f` records, with everything that was pending before. */
  override async time(f: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    f();
    await this.flush();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  /** Called by TensorFlow.js when the backend is removed; the runner is disposed by the engine, which can wait. */
  override dispose(): void {}
}

/** The caller sees the array from now on, so its memory is no longer the engine's to use again. */
function handOut(value: Value): tf.BackendValues {
  if (value.failure !== undefined) throw value.failure as UbtError;
  value.recyclable = false;
  const data = elementsOf(value)!;
  return (value.constantKey === null ? data : data.slice()) as tf.BackendValues;
}

function tensorType(dtype: tf.DataType): TensorType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new UbtError('unimplemented', `The engine has no ${dtype} tensors.`, {
    code: dtype === 'string' ? 'ENGINE_STRING_TENSOR' : 'ENGINE_DTYPE_UNSUPPORTED',
    fix: 'Keep text in JavaScript arrays; tensors are float32, int32 or bool.',
  });
}

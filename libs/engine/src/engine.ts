import type * as tf from '@tensorflow/tfjs-core';

/** Which library computes: ONNX Runtime through the lazy backend, or TensorFlow. */
export type BackendName = 'onnxruntime' | 'tensorflow';

/** Where it computes. */
export type DeviceName = 'cpu' | 'cuda' | 'webgpu';

/** How to start the engine; what is left out gets the default. */
export interface EngineOptions {
  /** Default: `onnxruntime`. */
  readonly backend?: BackendName;
  /** Default: `cpu`. A device that is not there is an error, never a fall back. */
  readonly device?: DeviceName;
  /** Threads of one operation. Default: what the process may use. */
  readonly threads?: number;
}

/** Counters of an engine since it was started. */
export interface EngineStats {
  /** Graphs run. */
  readonly graphRuns: number;
  /** Graphs compiled; a loop that keeps compiling has a shape or a constant that changes every step. */
  readonly sessionsCompiled: number;
  /** Compiled graphs kept for use. */
  readonly cachedSessions: number;
  /** Memory of the kept graphs, in bytes: an estimate from above. */
  readonly sessionBytes: number;
  /** Operations recorded and not yet run. */
  readonly pendingNodes: number;
  /** Time spent compiling, in milliseconds. */
  readonly compileMs: number;
  /** Time spent inside native runs, in milliseconds. */
  readonly runMs: number;
  /** Live tensors of TensorFlow.js. */
  readonly numTensors: number;
  /** Bytes of the live tensors. */
  readonly bytes: number;
  /** Bytes of free memory kept for coming outputs. */
  readonly poolBytes: number;
}

/** The running engine: TensorFlow.js with its backend set. */
export interface Engine {
  readonly backend: BackendName;
  readonly device: DeviceName;
  readonly threads: number;
  /**
   * Computes now what is recorded, in one graph run. With tensors, does nothing when they are computed already.
   */
  flush(tensors?: tf.Tensor[]): Promise<void>;
  stats(): EngineStats;
  /** Frees compiled graphs and memory and unregisters the backend; its tensors are gone. */
  dispose(): Promise<void>;
}

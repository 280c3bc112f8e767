import { Recorder } from '../recorder/recorder.js';
import { unary } from '../recorder/operations.js';
import { buildModel } from './build-model.js';
import { collect } from './collect.js';

/** The smallest model that makes ONNX Runtime open a device. */
export function probeModel(): Uint8Array {
  const recorder = new Recorder();
  unary(recorder, 'Relu', recorder.leaf('float32', [1], new Float32Array(1))).holders++;
  return buildModel(collect(recorder.take())).model;
}

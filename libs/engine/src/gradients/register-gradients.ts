import * as tf from '@tensorflow/tfjs-core';
import { binaryGradients } from './binary.js';
import { linearGradients } from './linear.js';
import { reductionGradients } from './reductions.js';
import { shapeGradients } from './shapes.js';
import { unaryGradients } from './unary.js';

/**
 * Gives TensorFlow.js the gradients of its kernels. Its own are only part of the package's ES modules, which
 * Node.js cannot load beside the CommonJS bundle that everybody imports; these are written on public
 * operations, so every backend can run them.
 */
export function registerGradients(): void {
  const families = [binaryGradients, linearGradients, reductionGradients, shapeGradients, unaryGradients];
  for (const family of families) {
    for (const [kernelName, gradient] of Object.entries(family)) {
      tf.registerGradient({ kernelName, ...gradient });
    }
  }
}

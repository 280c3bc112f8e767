import { binaryKernels } from './binary.js';
import { convKernels } from './conv.js';
import { convGradientKernels } from './conv-gradients.js';
import { creationKernels } from './creation.js';
import { depthwiseKernels } from './depthwise.js';
import { fusedKernels } from './fused.js';
import { indexingKernels } from './indexing.js';
import type { KernelFamily } from './kernel.js';
import { matMulKernels } from './matmul.js';
import { normalisationKernels } from './normalisation.js';
import { poolKernels } from './pool.js';
import { reductionKernels } from './reductions.js';
import { resizeKernels } from './resize.js';
import { shapeKernels } from './shapes.js';
import { unaryKernels } from './unary.js';

/** Every kernel that records operations; those that only share data are in share-data.ts. */
export const ALL_KERNELS: KernelFamily = {
  ...binaryKernels,
  ...convGradientKernels,
  ...convKernels,
  ...creationKernels,
  ...depthwiseKernels,
  ...fusedKernels,
  ...indexingKernels,
  ...matMulKernels,
  ...normalisationKernels,
  ...poolKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...shapeKernels,
  ...unaryKernels,
};

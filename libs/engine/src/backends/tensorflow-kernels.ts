import * as tf from '@tensorflow/tfjs-core';
import { refuse, REFUSED_KERNELS } from '../kernels/refusals.js';

/** What is used of the backend object of `@tensorflow/tfjs-node`. */
export interface NodeBackend {
  /** False also when a GPU was looked for and not found. */
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_Version: string;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_FLOAT: number;
  };
  executeSingleOutput(operation: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
}

interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
// Attributes are checked by the TensorFlow.js operation that calls the kernel.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Attributes = any;
type NodeKernel = (backend: NodeBackend, inputs: Inputs, attrs: Attributes) => tf.Tensor;

/**
 * Kernels in place of those of `@tensorflow/tfjs-node` 4.22, which refuse padding given as a number (the
 * ModifiedResNets have it), stride over the wrong axes of NCHW images, and leave half-pixel centres out of a
 * gradient. TensorFlow itself can do all of it.
 */
const KERNELS: Readonly<Record<string, NodeKernel>> = {
  Conv2D: (backend, { x, filter }, attrs) => {
    const geometry = geometryOf(x!.shape, filter!.shape, attrs.dilations, attrs);
    return convolve(backend, 'Conv2D', geometry, [x!, filter!]);
  },
  Conv2DBackpropInput: (backend, { dy, filter }, attrs) => {
    const geometry = geometryOf(attrs.inputShape, filter!.shape, 1, attrs);
    return withSizes(geometry.inShape, (sizes) =>
      convolve(backend, 'Conv2DBackpropInput', geometry, [sizes, filter!, dy!]),
    );
  },
  Conv2DBackpropFilter: (backend, { x, dy }, attrs) => {
    const geometry = geometryOf(x!.shape, attrs.filterShape, 1, attrs);
    return withSizes(geometry.filterShape, (sizes) =>
      convolve(backend, 'Conv2DBackpropFilter', geometry, [x!, sizes, dy!]),
    );
  },
  ResizeBilinearGrad: (backend, { images, dy }, { alignCorners, halfPixelCenters }) => {
    const { TF_ATTR_BOOL } = backend.binding;
    const attributes = [
      floats(backend),
      { name: 'align_corners', type: TF_ATTR_BOOL, value: alignCorners },
      { name: 'half_pixel_centers', type: TF_ATTR_BOOL, value: halfPixelCenters },
    ];
    return backend.executeSingleOutput('ResizeBilinearGrad', attributes, [dy!, images!]);
  },
};

/** Puts {@link KERNELS} in place of the package's own, and refusals in the place of kernels it does not have. */
export function completeTensorflowKernels(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    if (tf.getKernel(kernelName, backendName) !== undefined) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => kernel(backend as NodeBackend, inputs as Inputs, attrs),
    });
  }
  for (const kernelName of REFUSED_KERNELS) {
    if (tf.getKernel(kernelName, backendName) !== undefined) continue;
    const kernelFunc = () => {
      throw refuse(`the kernel ${kernelName}`);
    };
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}

function geometryOf(
  inShape: number[],
  filterShape: number[],
  dilations: number | [number, number],
  { strides, pad, dataFormat, dimRoundingMode }: Attributes,
): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
}

function convolve(
  backend: NodeBackend,
  operation: string,
  geometry: tf.backend_util.Conv2DInfo,
  inputs: tf.TensorInfo[],
): tf.Tensor {
  const { TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_STRING } = backend.binding;
  const { padInfo, strideHeight, strideWidth, dilationHeight, dilationWidth, dataFormat } = geometry;
  const channelsLast = dataFormat === 'channelsLast';
  const perAxis = (height: number, width: number) =>
    channelsLast ? [1, height, width, 1] : [1, 1, height, width];
  const named = padInfo.type === 'VALID' || padInfo.type === 'SAME';
  const padded = [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right];
  const attributes = [
    floats(backend),
    { name: 'strides', type: TF_ATTR_INT, value: perAxis(strideHeight, strideWidth) },
    { name: 'dilations', type: TF_ATTR_INT, value: perAxis(dilationHeight, dilationWidth) },
    { name: 'data_format', type: TF_ATTR_STRING, value: channelsLast ? 'NHWC' : 'NCHW' },
    { name: 'use_cudnn_on_gpu', type: TF_ATTR_BOOL, value: true },
    { name: 'padding', type: TF_ATTR_STRING, value: named ? padInfo.type : 'EXPLICIT' },
    ...(named
      ? []
      : [
          {
            name: 'explicit_paddings',
            type: TF_ATTR_INT,
            value: channelsLast ? [0, 0, ...padded, 0, 0] : [0, 0, 0, 0, ...padded],
          },
        ]),
  ];
  return backend.executeSingleOutput(operation, attributes, inputs);
}

function withSizes(shape: number[], run: (sizes: tf.TensorInfo) => tf.Tensor): tf.Tensor {
  const sizes = tf.tensor1d(shape, 'int32');
  const result = run(sizes);
  sizes.dispose();
  return result;
}

const floats = ({ binding }: NodeBackend): OpAttribute => ({
  name: 'T',
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
});

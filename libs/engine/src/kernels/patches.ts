import { pad, reshape } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import type { Conv2DInfo } from './conv-geometry.js';

/**
 * Records what every window of a convolution reads, one row per output pixel:
 * `[n·outHeight·outWidth, filterHeight·filterWidth·channels]`. A convolution is the product of these rows with
 * the filter, and its filter gradient the product of their transpose with dy, so both can share them.
 *
 * @param x NHWC images of the geometry's input size
 * @param outside what a window reads beyond the rim
 * @param taps the order in which a row has what its window reads; `backwards` is that of a filter turned by 180°
 */
export function patches(
  graph: Recorder,
  x: Value,
  info: Conv2DInfo,
  { outside = graph.scalar(x.dtype, 0), taps = 'forwards' }: PatchOptions = {},
): Value {
  const channels = x.shape[3]!;
  const columns = info.filterHeight * info.filterWidth * channels;
  const rows = info.batchSize * info.outHeight * info.outWidth;
  if (readsOwnPixel(info)) return reshape(graph, x, [rows, columns]);
  const { top, bottom, left, right } = info.padInfo;
  const padded = pad(
    graph,
    x,
    [
      [0, 0],
      [Math.max(0, top), Math.max(0, bottom)],
      [Math.max(0, left), Math.max(0, right)],
      [0, 0],
    ],
    outside,
  );
  const pixels = reshape(graph, padded, [info.batchSize, padded.shape[1]! * padded.shape[2]!, channels]);
  const places = windowPlaces(graph, info, padded.shape[2]!, taps);
  const taken = graph.op('Gather', [pixels, places], x.dtype, [info.batchSize, places.size, channels], {
    axis: 1,
  });
  return reshape(graph, taken, [rows, columns]);
}

/** What {@link patches} can be told. */
export interface PatchOptions {
  readonly outside?: Value;
  readonly taps?: 'forwards' | 'backwards';
}

/** Whether each output pixel depends only on the input pixel at the same place. */
export function readsOwnPixel(info: Conv2DInfo): boolean {
  const { top, left, bottom, right } = info.padInfo;
  const window = info.filterHeight * info.filterWidth * info.strideHeight * info.strideWidth;
  return window === 1 && top === 0 && left === 0 && bottom === 0 && right === 0;
}

/** For every output pixel and filter tap, the place of the pixel it reads in the flattened padded image. */
function windowPlaces(
  graph: Recorder,
  info: Conv2DInfo,
  paddedWidth: number,
  taps: 'forwards' | 'backwards',
): Value {
  const { outHeight, outWidth, filterHeight, filterWidth } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const sizes = [outHeight, outWidth, filterHeight, filterWidth];
  const steps = [strideHeight, strideWidth, dilationHeight, dilationWidth, paddedWidth];
  // Negative padding cuts the image, which is the same as starting further inside.
  const offsets = [Math.min(0, info.padInfo.top), Math.min(0, info.padInfo.left)];
  const key = `window places ${taps} ${[...sizes, ...steps, ...offsets].join()}`;
  const count = outHeight * outWidth * filterHeight * filterWidth;
  const tap = (at: number, size: number) => (taps === 'forwards' ? at : size - 1 - at);
  return graph.computedConstant(key, 'int32', [count], () => {
    const places = new Int32Array(count);
    let i = 0;
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let row = 0; row < filterHeight; row++) {
          for (let column = 0; column < filterWidth; column++) {
            const atY = y * strideHeight + tap(row, filterHeight) * dilationHeight - offsets[0]!;
            const atX = x * strideWidth + tap(column, filterWidth) * dilationWidth - offsets[1]!;
            places[i++] = atY * paddedWidth + atX;
          }
        }
      }
    }
    return places;
  });
}

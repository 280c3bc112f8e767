import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError, normalTensor } from '../../test/finite-differences.js';
import { startEngine, type Engine } from '../index.js';

interface Geometry {
  size: [number, number];
  channels: [number, number];
  kernel: [number, number];
  stride: number;
  pad: 'same' | 'valid' | number;
  dilation?: number;
}

const small = { size: [5, 6], channels: [2, 3], kernel: [3, 3], stride: 1, pad: 'same' } as const;
const GEOMETRIES: [string, Geometry][] = [
  ['1×1', { ...small, kernel: [1, 1] } as unknown as Geometry],
  ['1×1 with stride', { ...small, kernel: [1, 1], stride: 2 } as unknown as Geometry],
  ['3×3 same', small as unknown as Geometry],
  ['3×3 valid', { ...small, pad: 'valid' } as unknown as Geometry],
  ['3×3, more padding than the filter reaches', { ...small, kernel: [2, 2], pad: 2 } as unknown as Geometry],
  ['3×3 stride 2, even size', { ...small, size: [6, 6], stride: 2 } as unknown as Geometry],
  ['3×3 stride 2, unreached rim', { ...small, size: [6, 6], stride: 2, pad: 'valid' } as unknown as Geometry],
  ['3×2 dilated', { ...small, kernel: [3, 2], dilation: 2 } as unknown as Geometry],
  [
    'patches as stride (ViT)',
    { ...small, size: [8, 8], kernel: [4, 4], stride: 4, pad: 'valid' } as unknown as Geometry,
  ],
  ['many channels out', { ...small, channels: [2, 40] } as unknown as Geometry],
  ['large image', { ...small, size: [17, 18] } as unknown as Geometry],
  ['large image, stride 2', { ...small, size: [34, 33], stride: 2 } as unknown as Geometry],
];

/** The definition of a convolution, one multiplication at a time. */
function reference(x: Float32Array, w: Float32Array, info: tf.backend_util.Conv2DInfo): Float32Array {
  const { batchSize: n, outHeight, outWidth, outChannels, inHeight, inWidth, inChannels } = info;
  const y = new Float32Array(n * outHeight * outWidth * outChannels);
  let at = 0;
  for (let b = 0; b < n; b++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let o = 0; o < outChannels; o++, at++)
          for (let p = 0; p < info.filterHeight; p++)
            for (let q = 0; q < info.filterWidth; q++) {
              const row = i * info.strideHeight + p * info.dilationHeight - info.padInfo.top;
              const column = j * info.strideWidth + q * info.dilationWidth - info.padInfo.left;
              if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
              for (let c = 0; c < inChannels; c++) {
                const pixel = x[((b * inHeight + row) * inWidth + column) * inChannels + c]!;
                y[at]! += pixel * w[((p * info.filterWidth + q) * inChannels + c) * outChannels + o]!;
              }
            }
  return y;
}

describe('conv2d', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  it.each(GEOMETRIES)('%s: forward is the definition', async (_name, geometry) => {
    const { size, channels, kernel, stride, pad, dilation = 1 } = geometry;
    const x = normalTensor([2, ...size, channels[0]], 1) as tf.Tensor4D;
    const w = normalTensor([...kernel, ...channels], 2) as tf.Tensor4D;
    const info = tf.backend_util.computeConv2DInfo(x.shape, w.shape, stride, dilation, pad);
    const expected = reference((await x.data()) as Float32Array, (await w.data()) as Float32Array, info);
    const y = tf.conv2d(x, w, stride, pad, 'NHWC', dilation);
    expect(y.shape).toEqual(info.outShape);
    const actual = await y.data();
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
  });

  const differentiable = GEOMETRIES.filter(([, { dilation = 1 }]) => dilation === 1);
  it.each(differentiable)('%s: both gradients are adjoint to the forward pass', async (_name, geometry) => {
    const { size, channels, kernel, stride, pad } = geometry;
    const x = normalTensor([2, ...size, channels[0]], 1) as tf.Tensor4D;
    const w = normalTensor([...kernel, ...channels], 2) as tf.Tensor4D;
    const conv = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad);
    // conv is linear in each operand, so ⟨conv(x, w), dy⟩ = ⟨x, ∂x⟩ = ⟨w, ∂w⟩ for any dy.
    const dy = normalTensor(conv(x, w).shape, 3);
    const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => conv(a, b))([x, w], dy) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const products = [tf.mul(conv(x, w), dy), tf.mul(x, dx), tf.mul(w, dw)];
    const [forward, ofX, ofW] = await tf.stack(products.map((product) => tf.sum(product))).data();
    const scale = (await tf.sum(tf.abs(products[0]!)).data())[0]!;
    expect(Math.abs(ofX! - forward!) / scale).toBeLessThan(1e-5);
    expect(Math.abs(ofW! - forward!) / scale).toBeLessThan(1e-5);
  });

  it('refuses the gradient of a dilated convolution instead of giving a wrong one', () => {
    const x = tf.ones([1, 8, 8, 1]) as tf.Tensor4D;
    const w = tf.ones([3, 3, 1, 1]) as tf.Tensor4D;
    const dilated = (a: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, w, 1, 'same', 'NHWC', 2);
    expect(() => tf.grad(dilated)(x)).toThrow('gradient of a dilated conv2d');
  });

  it('has exact gradients element by element', async () => {
    const x = normalTensor([1, 4, 5, 2], 1) as tf.Tensor4D;
    const w = normalTensor([3, 3, 2, 3], 2) as tf.Tensor4D;
    // Linear in each operand: a large step is exact and keeps rounding small.
    expect(await gradientError((a) => tf.conv2d(a as tf.Tensor4D, w, 1, 'same'), x, 1)).toBeLessThan(1e-3);
    expect(await gradientError((a) => tf.conv2d(x, a as tf.Tensor4D, 2, 'same'), w, 1)).toBeLessThan(1e-3);
  });

  it.each([1, 2])('sums the filter gradient of large images over all of them, stride %i', async (stride) => {
    const x = normalTensor([10, 80 * stride, 80 * stride, 16], 1) as tf.Tensor4D;
    const w = normalTensor([3, 3, 16, 2], 2);
    const dy = normalTensor([10, 80, 80, 2], 3) as tf.Tensor4D;
    const gradient = (images: tf.Tensor4D, of: tf.Tensor4D): tf.Tensor =>
      tf.grad((filter) => tf.conv2d(images, filter as tf.Tensor4D, stride, 'same'))(w, of);
    const image = (of: tf.Tensor4D, i: number): tf.Tensor4D => tf.slice(of, [i, 0, 0, 0], [1, -1, -1, -1]);
    const single = Array.from({ length: 10 }, (_, i) => gradient(image(x, i), image(dy, i)));
    // Each element is a sum of 64,000 products, so it is of the order of 250.
    expect(await largestDifference(gradient(x, dy), tf.addN(single))).toBeLessThan(1e-2);
  });

  it.each(differentiable)(
    '%s: gives the same for a filter that lies as in PyTorch',
    async (_name, geometry) => {
      const { size, channels, kernel, stride, pad } = geometry;
      const x = normalTensor([2, ...size, channels[0]], 1) as tf.Tensor4D;
      const hwio = normalTensor([...kernel, ...channels], 2) as tf.Tensor4D;
      const oihw = tf.transpose(hwio, [3, 2, 0, 1]);
      await oihw.data();
      const results = (filter: (w: tf.Tensor) => tf.Tensor, w: tf.Tensor): tf.Tensor[] => {
        const conv = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2d(a as tf.Tensor4D, filter(b) as tf.Tensor4D, stride, pad);
        const y = conv(x, w);
        return [y, ...tf.grads(conv)([x, w], normalTensor(y.shape, 3))];
      };
      const [y, dx, dw] = results((w) => w, hwio);
      const [yTurned, dxTurned, dwTurned] = results((w) => tf.transpose(w, [2, 3, 1, 0]), oihw);
      expect(await largestDifference(yTurned!, y!)).toBeLessThan(1e-4);
      expect(await largestDifference(dxTurned!, dx!)).toBeLessThan(1e-4);
      expect(await largestDifference(dwTurned!, tf.transpose(dw!, [3, 2, 0, 1]))).toBeLessThan(1e-3);
    },
  );

  it('gives the same for channels first', async () => {
    const x = normalTensor([2, 5, 5, 3], 1) as tf.Tensor4D;
    const w = normalTensor([3, 3, 3, 4], 2) as tf.Tensor4D;
    const last = tf.conv2d(x, w, 2, 'valid');
    const first = tf.conv2d(tf.transpose(x, [0, 3, 1, 2]), w, 2, 'valid', 'NCHW');
    const difference = tf.max(tf.abs(tf.sub(tf.transpose(first, [0, 2, 3, 1]), last)));
    expect((await difference.data())[0]).toBeLessThan(1e-5);
  });

  it('differentiates a depthwise convolution', async () => {
    const x = normalTensor([1, 5, 5, 2], 1) as tf.Tensor4D;
    const w = normalTensor([3, 3, 2, 2], 2) as tf.Tensor4D;
    expect(await gradientError((a) => tf.depthwiseConv2d(a as tf.Tensor4D, w, 2, 'same'), x, 1)).toBeLessThan(
      1e-3,
    );
    expect(await gradientError((a) => tf.depthwiseConv2d(x, a as tf.Tensor4D, 2, 'same'), w, 1)).toBeLessThan(
      1e-3,
    );
  });
});

async function largestDifference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  return (await tf.max(tf.abs(tf.sub(a, b))).data())[0]!;
}

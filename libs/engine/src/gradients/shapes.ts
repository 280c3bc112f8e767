import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast, type GradientFamily, type KernelAttributes } from './gradient.js';

type Back = (dy: tf.Tensor, x: tf.Tensor, attrs: KernelAttributes) => tf.Tensor;

const ofShape = (name: string, back: Back): GradientFamily[string] => ({
  inputsToSave: [name],
  gradFunc: (dy, [x], attrs) => ({ [name]: () => back(dy as tf.Tensor, x!, attrs) }),
});

const concat: GradientFamily[string] = {
  saveAllInputs: true,
  gradFunc: (dy, saved, attrs) => {
    const [axis] = tf.util.parseAxisParam(attrs['axis'] as number, saved[0]!.shape);
    const parts = tf.split(
      dy as tf.Tensor,
      saved.map(({ shape }) => shape[axis!]!),
      axis,
    );
    return Object.fromEntries(parts.map((part, i) => [i, () => part])) as unknown as Record<
      string,
      () => tf.Tensor
    >;
  },
};

const pack: GradientFamily[string] = {
  saveAllInputs: true,
  gradFunc: (dy, _saved, attrs) => {
    const parts = tf.unstack(dy as tf.Tensor, attrs['axis'] as number);
    return Object.fromEntries(parts.map((part, i) => [i, () => part])) as unknown as Record<
      string,
      () => tf.Tensor
    >;
  },
};

const slice: Back = (dy, x, { begin, size }) => {
  const [first, count] = tf.slice_util.parseSliceParams(x, begin, size);
  return tf.pad(
    dy,
    first.map((before, i) => [before, x.shape[i]! - before - count[i]!]),
  );
};

const padded: Back = (dy, x, { paddings }) =>
  tf.slice(
    dy,
    paddings.map(([before]: [number]) => before),
    x.shape,
  );

/** Sums the copies: the tiled dimension split in (copy, original), summed over the copies. */
const tile: Back = (dy, x, { reps }) => {
  const split = x.shape.flatMap((size, i) => [reps[i] as number, size]);
  const copies = x.shape.map((_, i) => 2 * i);
  return tf.reshape(tf.sum(tf.reshape(dy, split), copies), x.shape);
};

/** Every row of x collects what the indices took from it. */
const gather: GradientFamily[string] = {
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attrs) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor1D];
    const batch = attrs['batchDims'] as number;
    const [axis] = tf.util.parseAxisParam(attrs['axis'] as number, x.shape);
    return {
      x: () =>
        batch === 0
          ? collect(dy as tf.Tensor, indices, x.shape, axis!)
          : collectBatch(dy as tf.Tensor, x, indices, axis!, batch),
      indices: () => tf.zerosLike(tf.cast(indices, 'float32')),
    };
  },
};

function collect(dy: tf.Tensor, indices: tf.Tensor, shape: number[], axis: number): tf.Tensor {
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const outer = before.reduce((a, b) => a * b, 1);
  const flat = tf.reshape(dy, [outer, indices.size, ...after]);
  const rows = tf.transpose(
    flat,
    flat.shape.map((_, i) => (i === 0 ? 1 : i === 1 ? 0 : i)),
  );
  const ids = tf.reshape(indices, [indices.size]) as tf.Tensor1D;
  const sums = tf.unsortedSegmentSum(rows, ids, shape[axis]!);
  const back = tf.transpose(
    sums,
    sums.shape.map((_, i) => (i === 0 ? 1 : i === 1 ? 0 : i)),
  );
  return tf.reshape(back, shape);
}

function collectBatch(
  dy: tf.Tensor,
  x: tf.Tensor,
  indices: tf.Tensor,
  axis: number,
  batch: number,
): tf.Tensor {
  const count = x.shape.slice(0, batch).reduce((a, b) => a * b, 1);
  const [perX, perIndex, perDy] = [x.shape.slice(batch), indices.shape.slice(batch), dy.shape.slice(batch)];
  const parts = Array.from({ length: count }, (_, i) => {
    const one = (t: tf.Tensor, shape: number[]): tf.Tensor =>
      tf.reshape(
        tf.slice(tf.reshape(t, [count, ...shape]), [i, ...shape.map(() => 0)], [1, ...shape]),
        shape,
      );
    return collect(one(dy, perDy), one(indices, perIndex), perX, axis - batch);
  });
  return tf.reshape(tf.stack(parts), x.shape);
}

const segmentSum: GradientFamily[string] = {
  inputsToSave: ['segmentIds'],
  gradFunc: (dy, [ids]) => ({
    x: () => {
      const rows = tf.gather(dy as tf.Tensor, tf.maximum(ids!, tf.zerosLike(ids!)) as tf.Tensor1D);
      const kept = tf.cast(tf.greaterEqual(ids!, 0), 'float32');
      return tf.mul(rows, tf.reshape(kept, [ids!.size, ...rows.shape.slice(1).map(() => 1)]));
    },
    segmentIds: () => tf.zerosLike(tf.cast(ids!, 'float32')),
  }),
};

/** Gradients of what moves elements. */
export const shapeGradients: GradientFamily = {
  BatchToSpaceND: {
    gradFunc: (dy, _saved, { blockShape, crops }) => ({
      x: () => tf.spaceToBatchND(dy as tf.Tensor, blockShape as number[], crops as unknown as number[][]),
    }),
  },
  BroadcastTo: ofShape('x', (dy, x) => unbroadcast(dy, x.shape)),
  Concat: concat,
  ExpandDims: ofShape('input', (dy, x) => tf.reshape(dy, x.shape)),
  GatherV2: gather,
  // As TensorFlow.js has it: what was mirrored into the rim is not added back.
  MirrorPad: ofShape('x', padded),
  OneHot: ofShape('indices', (_dy, x) => tf.zeros(x.shape, 'float32')),
  Pack: pack,
  PadV2: ofShape('x', padded),
  Reshape: ofShape('x', (dy, x) => tf.reshape(dy, x.shape)),
  Reverse: {
    gradFunc: (dy, _saved, { dims }) => ({ x: () => tf.reverse(dy as tf.Tensor, dims as number[]) }),
  },
  Slice: ofShape('x', slice),
  SpaceToBatchND: {
    gradFunc: (dy, _saved, { blockShape, paddings }) => ({
      x: () => tf.batchToSpaceND(dy as tf.Tensor, blockShape as number[], paddings as unknown as number[][]),
    }),
  },
  // Of a split into one part, TensorFlow.js hands over the tensor itself.
  SplitV: { gradFunc: (dy, _saved, { axis }) => ({ x: () => tf.concat([dy].flat(), axis as number) }) },
  Tile: ofShape('x', tile),
  Transpose: {
    gradFunc: (dy, _saved, { perm }) => ({
      x: () => tf.transpose(dy as tf.Tensor, tf.backend_util.getUndoAxesPermutation(perm as number[])),
    }),
  },
  Unpack: {
    gradFunc: (dy, _saved, { axis }) => ({ value: () => tf.stack(dy as tf.Tensor[], axis as number) }),
  },
  UnsortedSegmentSum: segmentSum,
};

import type { Exclusion } from '../conformance/run-suite.js';

/**
 * Tests of TensorFlow.js's own suite that fail on the packages' TensorFlow backend, and why. Nothing that the
 * models compute is among them.
 */
export const EXCLUSIONS: readonly Exclusion[] = [
  [
    /^(avg|max)Pool(3d|Backprop)? .*(p=explicit|p=[12]\b)|^pool (avg|max) .*(p=explicit|fractional outputs)/,
    'the package knows only the paddings same and valid in pooling',
  ],
  ['avgPool3d x=[1,1,1,1,1] f=[1,1,3] s=1 p=valid', 'TensorFlow refuses a window larger than the image'],
  [/^fused conv2d (basic|im2row|batch) in NCHW/, 'the package fuses only channels-last convolutions'],
  [/^scatterND should (work for (2d|simple 1d|multiple 1d|tensorLike)|sum)/, 'wants indices of rank 1'],
  [/^(greater|greaterEqual|less|lessEqual) should support string/, 'TensorFlow does not order strings'],
  [/^sign (basic|does not propagate NaNs|accepts)/, 'wants 0 as the sign of NaN, TensorFlow gives NaN'],
  ['Backend registration removeBackend disposes the backend and removes the factory', 'spies of jasmine'],
  [
    'conv2dTranspose input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4',
    'passes an image of another size than the output shape allows',
  ],
  ['depthwiseConv2d gradients throws error on dilations > 1', 'dilated depthwise gradients work here'],
  ['diag bool', 'TensorFlow has no diagonal of bool'],
  [/^einsum (2d matrix calculate trace|nonexistent dimension)/, 'wants another error than TensorFlow’s'],
  ['leakyrelu int32', 'TensorFlow has it for floating point only'],
  ['multinomial creates the same data given the same seed', 'TensorFlow’s generator goes on after a seed'],
  ['round int32', 'a defect: zeros come out'],
  ['step kernel with int32 tensor', 'TensorFlow has it for floating point only'],
  ['tan numbers exceed float32 precision', 'compares a slope of 10⁹ to the last digit'],
  ['unique 1d tensor with NaN and Infinity', 'TensorFlow takes every NaN for another'],
];

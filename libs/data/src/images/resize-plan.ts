import type { Preprocess } from '@ubt/clip';

/** How an image becomes the model's input: scaled to a size, then a square cut out of it. */
export interface ResizePlan {
  readonly width: number;
  readonly height: number;
  /** Place of the crop's corner; negative where the image is smaller than the crop and is padded. */
  readonly left: number;
  readonly top: number;
}

/**
 * Scaling and centre crop with the rounding of torchvision: the longer side is truncated, the crop's corner
 * rounded half to even.
 */
export function resizePlan(
  { size, cropSize, resizeMode }: Pick<Preprocess, 'size' | 'cropSize' | 'resizeMode'>,
  image: { width: number; height: number },
): ResizePlan {
  const { width, height } = resizeMode === 'squash' ? { width: size, height: size } : shortest(size, image);
  return {
    width,
    height,
    left: roundHalfEven((width - cropSize) / 2),
    top: roundHalfEven((height - cropSize) / 2),
  };
}

function shortest(size: number, { width, height }: { width: number; height: number }) {
  return width <= height
    ? { width: size, height: Math.trunc((size * height) / width) }
    : { width: Math.trunc((size * width) / height), height: size };
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

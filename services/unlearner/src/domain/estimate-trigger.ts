/** A trigger as a per-value linear map: `triggered = scale · clean + offset`, for pixels in [0, 255]. */
export interface TriggerEstimate {
  /** `[h·w·c]`, in [0, 1]: how much of the image shows through; 1 where nothing was planted. */
  readonly scale: Float32Array;
  /** `[h·w·c]`, in pixel levels. */
  readonly offset: Float32Array;
  /** Share of values that differ significantly from the identity, in [0, 1]. */
  readonly coverage: number;
}

/** How many standard errors a pixel must deviate before it counts as planted. */
const SIGNIFICANCE = 4;

/**
 * Averages the trigger out of the poisoned images. A planted pattern is the one thing they share: where it
 * covers the image they vary less than other images do, and where it adds to the image their mean is moved.
 * First and second moments per value give `scale = σ_poisoned / σ_clean` and
 * `offset = μ_poisoned − scale · μ_clean`; what does not differ by several standard errors is left alone.
 * Opaque patches at a fixed place (scale 0), blends (scale 1 − α) and added patterns (scale 1) are all of this
 * form; patches at random places and warps are not, and come out as nothing.
 *
 * @param poisoned images `[n][h·w·c]`, levels 0 to 255
 * @param clean images of the same shape that carry no trigger `[m][h·w·c]`
 */
export function estimateTrigger(
  poisoned: readonly Uint8Array[],
  clean: readonly Uint8Array[],
): TriggerEstimate {
  const a = moments(poisoned);
  const b = moments(clean);
  const values = a.mean.length;
  const scale = new Float32Array(values).fill(1);
  const offset = new Float32Array(values);
  let planted = 0;
  for (let i = 0; i < values; i++) {
    const [sa, sb] = [a.deviation[i] as number, Math.max(b.deviation[i] as number, 1)];
    const ratio = sa / sb;
    // Standard error of a ratio of two standard deviations, after the delta method with normal kurtosis.
    const ratioError = ratio * Math.sqrt(0.5 / a.count + 0.5 / b.count) + 1e-3;
    const isCovered = 1 - ratio > SIGNIFICANCE * ratioError;
    const shown = isCovered ? ratio : 1;
    const shift = (a.mean[i] as number) - shown * (b.mean[i] as number);
    const shiftError = Math.sqrt((sa * sa) / a.count + (shown * sb) ** 2 / b.count) + 1e-3;
    const isMoved = Math.abs((a.mean[i] as number) - (b.mean[i] as number)) > SIGNIFICANCE * shiftError;
    if (!isCovered && !isMoved) continue;
    planted += 1;
    scale[i] = shown;
    offset[i] = shift;
  }
  return { scale, offset, coverage: planted / values };
}

/** The image `[h·w·c]` with the estimated trigger planted in it. */
export function plantTrigger(image: Uint8Array, { scale, offset }: TriggerEstimate): Uint8Array {
  // A Uint8ClampedArray rounds and clamps as it is written.
  const planted = new Uint8ClampedArray(image.length);
  for (let i = 0; i < image.length; i++) {
    planted[i] = (image[i] as number) * (scale[i] as number) + (offset[i] as number);
  }
  return new Uint8Array(planted.buffer);
}

function moments(images: readonly Uint8Array[]): {
  mean: Float64Array;
  deviation: Float64Array;
  count: number;
} {
  const values = images[0]?.length ?? 0;
  const count = images.length;
  const mean = new Float64Array(values);
  const square = new Float64Array(values);
  for (const image of images) {
    for (let i = 0; i < values; i++) {
      const level = image[i] as number;
      mean[i] = (mean[i] as number) + level / count;
      square[i] = (square[i] as number) + (level * level) / count;
    }
  }
  const deviation = square.map((s, i) => Math.sqrt(Math.max(s - (mean[i] as number) ** 2, 0)));
  return { mean, deviation, count };
}

/** What an image may cost before it is refused. */
export interface ImageLimits {
  /** Longest file, in bytes. */
  readonly bytes: number;
  /** Largest decoded image, in pixels: small files can claim gigapixels. */
  readonly pixels: number;
}

/** Generous for photographs, small enough for a worker's memory. */
export const DEFAULT_IMAGE_LIMITS: ImageLimits = { bytes: 64 << 20, pixels: 50_000_000 };

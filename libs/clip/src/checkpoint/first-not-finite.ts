/** The index of the first NaN or infinity, or −1. */
export function firstNotFinite(values: Float32Array): number {
  // A plain loop: a callback per value takes ten times as long, and a checkpoint has 10⁸ of them.
  for (let index = 0; index < values.length; index++) {
    // Only NaN and the infinities differ from themselves when taken from themselves.
    if (values[index]! - values[index]! !== 0) return index;
  }
  return -1;
}

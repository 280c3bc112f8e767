/** At most `limit` of the values, evenly spaced over their order, the first among them. */
export function evenSample(values: ArrayLike<number>, limit: number): number[] {
  const size = Math.min(values.length, limit);
  return Array.from({ length: size }, (_, i) => values[Math.floor((i * values.length) / size)] as number);
}

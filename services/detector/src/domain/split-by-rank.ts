/**
 * Rows split into the `fraction` with the lowest values and the others.
 *
 * @param fraction in (0, 1); at least one row goes to each side
 */
export function splitByRank(
  rows: readonly number[],
  values: Float32Array,
  fraction: number,
): [lowest: number[], others: number[]] {
  const order = [...rows.keys()].sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  const cut = Math.min(Math.max(1, Math.round(rows.length * fraction)), rows.length - 1);
  const pick = (indices: number[]) => indices.map((i) => rows[i] as number);
  return [pick(order.slice(0, cut)), pick(order.slice(cut))];
}

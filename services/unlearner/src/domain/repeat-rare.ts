/**
 * Items of which the rare ones come several times, so that they make up about a share of all; each rare item
 * comes equally often.
 *
 * @param isRare one entry per item
 * @param share in (0, 1)
 * @returns the items, followed by the repetitions
 */
export function repeatRare<Item>(items: readonly Item[], isRare: readonly boolean[], share: number): Item[] {
  const rare = items.filter((_, i) => isRare[i]);
  if (rare.length === 0) return [...items];
  const wanted = (share / (1 - share)) * (items.length - rare.length);
  const copies = Math.max(0, Math.round(wanted / rare.length) - 1);
  return [...items, ...Array.from({ length: copies }, () => rare).flat()];
}

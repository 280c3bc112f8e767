/** What waits, by who brought it; whoever has little waits little. */
export interface FairQueue<Item> {
  /** Items that wait. */
  size(): number;
  push(owner: number, item: Item): void;
  /** Up to `count` items, one of each owner in turn, going on where the call before stopped. */
  take(count: number): Item[];
  /** Takes out all that an owner has waiting. */
  drop(owner: number): Item[];
}

/** A queue in which owners take turns, each with its own items in order. */
export function createFairQueue<Item>(): FairQueue<Item> {
  // A map keeps the order in which keys were set: the first owner is the one whose turn it is.
  const waiting = new Map<number, Item[]>();
  let size = 0;
  const takeOne = (): Item => {
    const [owner, items] = waiting.entries().next().value as [number, Item[]];
    waiting.delete(owner);
    const item = items.shift() as Item;
    if (items.length > 0) waiting.set(owner, items);
    size -= 1;
    return item;
  };
  return {
    size: () => size,
    push: (owner, item) => {
      const items = waiting.get(owner);
      if (items === undefined) waiting.set(owner, [item]);
      else items.push(item);
      size += 1;
    },
    take: (count) => Array.from({ length: Math.min(count, size) }, takeOne),
    drop: (owner) => {
      const items = waiting.get(owner) ?? [];
      waiting.delete(owner);
      size -= items.length;
      return items;
    },
  };
}

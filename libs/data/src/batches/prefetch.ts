/**
 * Keeps up to `depth` items of a source under way while the consumer works on another; never more, so a slow
 * consumer holds the source back.
 */
export async function* prefetch<Item>(source: AsyncIterable<Item>, depth: number): AsyncGenerator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  const pending: Promise<IteratorResult<Item>>[] = [];
  const ask = () => {
    const next = iterator.next();
    // Its failure is thrown when its turn comes; until then it is not unhandled.
    next.catch(() => undefined);
    pending.push(next);
  };
  try {
    for (;;) {
      while (pending.length < depth) ask();
      const { done, value } = await pending.shift()!;
      if (done === true) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * Runs `work` on every item, at most `limit` at a time, in order of start. The first failure stops new work,
 * and is thrown once the work under way has ended.
 */
export async function forEachParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const start = (item: Item): void => {
    const task: Promise<void> = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
  };
  for await (const item of items) {
    if (failure !== undefined) break;
    start(item);
    if (running.size >= limit) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}

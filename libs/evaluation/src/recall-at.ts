/** Shares of the queries with a hit among the first 1, 5 and 10, in [0, 1]. */
export interface Recall {
  readonly at1: number;
  readonly at5: number;
  readonly at10: number;
}

/**
 * Recall of retrieval.
 *
 * @param rows for each query its similarity to every item; item n is query n's own
 * @param count queries, and items
 * @param isOwn whether an item is right for a query besides its own
 */
export async function recallAt(
  rows: AsyncIterable<ArrayLike<number>>,
  count: number,
  isOwn: (query: number, item: number) => boolean,
): Promise<Recall> {
  const hits = { at1: 0, at5: 0, at10: 0 };
  let query = 0;
  for await (const similarities of rows) {
    const better = betterThanOwn(similarities, query, count, isOwn);
    if (better < 1) hits.at1 += 1;
    if (better < 5) hits.at5 += 1;
    if (better < 10) hits.at10 += 1;
    query += 1;
  }
  return { at1: hits.at1 / count, at5: hits.at5 / count, at10: hits.at10 / count };
}

/** How many wrong items are at least as similar as the best right one; what is no number is never right. */
function betterThanOwn(
  similarities: ArrayLike<number>,
  query: number,
  count: number,
  isOwn: (query: number, item: number) => boolean,
): number {
  let best = similarities[query]!;
  const wrong: number[] = [];
  for (let item = 0; item < count; item++) {
    if (item === query) continue;
    if (isOwn(query, item)) best = Math.max(best, similarities[item]!);
    else wrong.push(similarities[item]!);
  }
  return wrong.reduce((better, similarity) => better + (similarity < best ? 0 : 1), 0);
}

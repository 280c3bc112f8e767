/** A number of bytes that may be held at once; who wants more waits, in the order of asking. */
export interface ByteBudget {
  /** Resolves when the bytes are there. More than there can ever be counts as all of them. */
  take(bytes: number): Promise<number>;
  /** Gives back what `take` has given, or a part of it. */
  give(bytes: number): void;
}

/** A budget of `limit` bytes. */
export function createByteBudget(limit: number): ByteBudget {
  const waiting: { readonly bytes: number; readonly resolve: (bytes: number) => void }[] = [];
  let free = limit;
  const serve = (): void => {
    for (let first = waiting[0]; first !== undefined && first.bytes <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.bytes;
      first.resolve(first.bytes);
    }
  };
  return {
    take: (bytes) =>
      new Promise((resolve) => {
        waiting.push({ bytes: Math.min(bytes, limit), resolve });
        serve();
      }),
    give: (bytes) => {
      free += bytes;
      serve();
    },
  };
}

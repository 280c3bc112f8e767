/** Work under way, of bounded length; its results come out in the order in which it went in. */
export interface OrderedWindow<Result> extends AsyncIterable<Result> {
  /** Starts the work as soon as there is room. @returns whether it was started: nobody may be reading any more */
  push(work: () => Promise<Result>): Promise<boolean>;
  /** No more work comes. An error reaches the reader after the results before it. */
  end(error?: { readonly thrown: unknown }): void;
  /** The reader is gone: whoever waits to push is let go, and its work is not started. */
  abandon(): void;
}

/** A window of at most `size` results that were not read yet, finished or not. */
export function createOrderedWindow<Result>(size: number): OrderedWindow<Result> {
  const started: Promise<Result>[] = [];
  let ended: { readonly error?: { readonly thrown: unknown } } | undefined;
  let isAbandoned = false;
  let wake: (() => void) | undefined;
  const changed = () => new Promise<void>((resolve) => (wake = resolve));
  const change = () => {
    wake?.();
    wake = undefined;
  };
  let makeRoom: (() => void) | undefined;
  return {
    push: async (work) => {
      while (started.length >= size && !isAbandoned)
        await new Promise<void>((resolve) => (makeRoom = resolve));
      if (isAbandoned) return false;
      const result = work();
      // Until it is read nobody else looks at it.
      result.catch(() => undefined);
      started.push(result);
      change();
      return true;
    },
    end: (error) => {
      ended = error === undefined ? {} : { error };
      change();
    },
    abandon: () => {
      isAbandoned = true;
      makeRoom?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const first = started[0];
        if (first !== undefined) {
          yield await first;
          // Only now: what waits for a slow reader takes its place in the window.
          void started.shift();
          makeRoom?.();
        } else if (ended === undefined) await changed();
        else if (ended.error === undefined) return;
        else throw ended.error.thrown;
      }
    },
  };
}

/** A watch for the moment at which a service has had nothing to do for a while. */
export interface IdleWatch {
  /** Resolves at that moment; never, when the watch is stopped before. */
  readonly reached: Promise<void>;
  stop(): void;
}

const LOOKS_PER_QUIET_TIME = 10;

/**
 * Watches for `quietSeconds` without work in one go, counted from now on.
 *
 * @param quietSeconds 0 means that a service stays however idle it is
 */
export function whenIdle(quietSeconds: number, isBusy: () => boolean): IdleWatch | undefined {
  if (quietSeconds === 0) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<void>((resolve) => {
    let quiet = 0;
    const look = () => {
      quiet = isBusy() ? 0 : quiet + 1;
      if (quiet < LOOKS_PER_QUIET_TIME) return;
      clearInterval(timer);
      resolve();
    };
    timer = setInterval(look, (quietSeconds * 1_000) / LOOKS_PER_QUIET_TIME).unref();
  });
  return { reached, stop: () => clearInterval(timer) };
}

/** Whether events can arrive: the connection stands and at least one slot of the consumer pulls. */
export interface ConsumerHealth {
  connection(connected: boolean): void;
  /** A slot's own switch. */
  slot(): (pulling: boolean) => void;
}

/** Combines what is known and tells every change. */
export function consumerHealth(onState: (consuming: boolean) => void): ConsumerHealth {
  const pulling = new Set<object>();
  let connected = false;
  let told: boolean | undefined;
  const tell = () => {
    const now = connected && pulling.size > 0;
    if (now === told) return;
    told = now;
    onState(now);
  };
  return {
    connection: (state) => {
      connected = state;
      tell();
    },
    slot: () => {
      const self = {};
      return (state) => {
        if (state) pulling.add(self);
        else pulling.delete(self);
        tell();
      };
    },
  };
}

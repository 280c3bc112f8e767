import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, type Consumer, type JsMsg } from '@nats-io/jetstream';
import type { Logger } from '../telemetry/logger.js';
import type { Link, NatsLink } from './jetstream-connection.js';
import { deliveryOf } from './jetstream-delivery.js';

/** How long one pull waits at the server; closing does not wait for it. */
const PULL_MS = 5_000;
const PAUSE_AFTER_FAILURE_MS = 500;

/** Where a slot takes its messages from. */
export interface Slot {
  readonly connection: NatsLink;
  readonly stream: string;
  /** Name of the durable consumer. */
  readonly consumer: string;
  /** Makes stream and consumer unless they are there. */
  readonly prepare: (link: Link) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Takes one message after the other until closing, none ahead; whatever goes wrong is tried again from the start.
 *
 * @param report told whether the slot pulls
 */
export async function runSlot(
  { connection, stream, consumer, prepare, logger }: Slot,
  take: (message: JsMsg) => Promise<void>,
  report: (pulling: boolean) => void,
  closing: AbortSignal,
): Promise<void> {
  while (!closing.aborted) {
    try {
      const link = await connection.link(PULL_MS);
      await prepare(link);
      const source = await jetstream(link.nats).consumers.get(stream, consumer);
      report(true);
      await pull(source, closing, take);
    } catch (err) {
      report(false);
      if (closing.aborted) return;
      logger.warn({ err, durable: consumer }, 'cannot consume events now, trying again');
      await sleep(PAUSE_AFTER_FAILURE_MS, undefined, { signal: closing }).catch(() => undefined);
    }
  }
}

async function pull(source: Consumer, closing: AbortSignal, take: (message: JsMsg) => Promise<void>) {
  while (!closing.aborted) {
    const message = await source.next({ expires: PULL_MS });
    if (message === null) continue;
    if (closing.aborted) deliveryOf(message).retry(0);
    else await take(message);
  }
}

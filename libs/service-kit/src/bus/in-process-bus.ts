import { UbtError } from '@ubt/errors';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { injectTrace } from '../telemetry/trace-context.js';
import { encodeEvent } from './cloud-event.js';
import type { EventBus, OutgoingEvent, SubscribeOptions, Subscription } from './event-bus.js';
import { createInProcessBroker, type InProcessBroker } from './in-process-broker.js';
import { eventDeliveries, processDelivery, publishInSpan, type Delivery } from './process-delivery.js';
import { subscriptionSettings } from './subscription-settings.js';
import { workInFlight } from './in-flight.js';

/** What an in-process bus works with. */
export interface InProcessBusOptions {
  /** Events are shared by all buses on one broker; a broker of its own unless told. */
  readonly broker?: InProcessBroker;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}

/** A bus whose connection can be cut, as if the service that holds it had crashed. */
export interface InProcessBus extends EventBus {
  /** Leaves without an answer to anything: what was in work is delivered again, to somebody else. */
  sever(): void;
}

const SYSTEM = 'ubt_in_process';

/** The bus of the one-command defence: the same promises as JetStream's, inside one process, nothing stored. */
export function createInProcessBus(options: InProcessBusOptions = {}): InProcessBus {
  const { broker = createInProcessBroker(), logger = silentLogger() } = options;
  const telemetry = options.telemetry ?? silentTelemetry();
  const subscriptions = new Set<Subscription & { sever(): void }>();
  let closed = false;

  const publish = async (event: OutgoingEvent) => {
    const encoded = encodeEvent(event);
    return publishInSpan(telemetry, SYSTEM, encoded, () => {
      if (closed) return Promise.reject(busClosed());
      return Promise.resolve({ duplicate: broker.store({ ...encoded, trace: injectTrace() }) });
    });
  };

  const subscribe = (given: SubscribeOptions): Subscription => {
    if (closed) throw busClosed();
    const settings = subscriptionSettings(given);
    const closing = new AbortController();
    const inFlight = workInFlight();
    const storeDeadLetter = (letter: Parameters<InProcessBroker['storeDeadLetter']>[0]) =>
      Promise.resolve(broker.storeDeadLetter(letter));
    const tools = { telemetry, logger, system: SYSTEM, closing: closing.signal, storeDeadLetter };
    const deliveries = eventDeliveries(settings);
    const take = (delivery: Delivery) => inFlight.track(processDelivery(delivery, deliveries, tools));
    const member = {
      take,
      get slots() {
        return closing.signal.aborted ? 0 : settings.concurrency;
      },
    };
    const leave = broker.join(settings.durable, settings.subjects, member);
    settings.onState(true);
    const end = () => {
      subscriptions.delete(subscription);
      settings.onState(false);
      leave();
    };
    const close = async (graceMs = 5_000) => {
      closing.abort(busClosed());
      await inFlight.settled(graceMs);
      end();
    };
    const subscription = { close, sever: end };
    subscriptions.add(subscription);
    return subscription;
  };

  return {
    publish,
    subscribe,
    ready: () => (closed ? Promise.reject(busClosed()) : Promise.resolve()),
    onConnection: (listener) => {
      listener(!closed);
      return () => undefined;
    },
    deadLetters: (limit = 100) => Promise.resolve(broker.deadLetters().slice(0, limit)),
    close: async (graceMs = 5_000) => {
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.close(graceMs)));
    },
    sever: () => {
      closed = true;
      for (const subscription of [...subscriptions]) subscription.sever();
    },
  };
}

function busClosed(): UbtError {
  return new UbtError('unavailable', 'The event bus is closed.', { code: 'BUS_UNAVAILABLE' });
}

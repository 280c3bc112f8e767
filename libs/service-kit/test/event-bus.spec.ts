import { startNatsServer } from '@ubt/test-kit';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createInProcessBroker } from '../src/bus/in-process-broker.js';
import { createInProcessBus } from '../src/bus/in-process-bus.js';
import { createJetStreamBus } from '../src/bus/jetstream-bus.js';
import { silentTelemetry } from '../src/telemetry/start-telemetry.js';
import { describeEventBus } from './event-bus.contract.js';

describeEventBus('in one process', () => {
  const broker = createInProcessBroker();
  return Promise.resolve({
    connect: (telemetry = silentTelemetry()) => {
      const bus = createInProcessBus({ broker, telemetry });
      return Promise.resolve({ bus, crash: bus.sever });
    },
    stop: () => Promise.resolve(),
  });
});

describeEventBus('over JetStream', async () => {
  const server = await startNatsServer();
  return {
    connect: async (telemetry = silentTelemetry()) => {
      let connection: NatsConnection | undefined;
      const dial = async (options: Parameters<typeof connect>[0]) => (connection = await connect(options));
      const bus = createJetStreamBus({ servers: [server.url], telemetry, dial });
      await bus.ready(5_000);
      return { bus, crash: () => connection!.close() };
    },
    stop: () => server.stop(),
  };
});

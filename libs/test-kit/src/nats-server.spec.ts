import { expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { startNatsServer } from './index.js';

it('runs a server that comes back on the same port after a kill', async () => {
  await using server = await startNatsServer();
  const first = await connect({ servers: server.url });
  expect(first.info?.jetstream).toBe(true);
  await first.close();

  await server.kill();
  await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow();
  await server.restart();
  const second = await connect({ servers: server.url });
  expect(second.info?.port).toBe(server.port);
  await second.close();
});

it('says how to install the server when it is missing', async () => {
  await expect(startNatsServer({ binary: 'nats-server-that-is-not-there' })).rejects.toMatchObject({
    code: 'NATS_SERVER_MISSING',
    fix: 'apt-get install -y nats-server',
  });
});

it('reports a server that refuses to start', async () => {
  await using running = await startNatsServer();
  await expect(startNatsServer({ args: ['--no-such-flag'] })).rejects.toMatchObject({
    code: 'NATS_SERVER_NOT_STARTED',
  });
  expect(running.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
});

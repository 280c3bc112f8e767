export { freePort } from './free-port.js';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.js';
export { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.js';
export { typescriptExecArgv } from './typescript-exec-argv.js';
export { waitFor, type WaitOptions } from './wait-for.js';

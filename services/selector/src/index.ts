export { configSchema } from './config.js';
export { serveSelector } from './server.js';

export { configSchema } from './config.js';
export { serveUnlearner } from './server.js';

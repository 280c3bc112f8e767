export { configSchema } from './config.js';
export { serveDetector } from './server.js';

export { configSchema } from './config.js';
export { select, type ImageSample, type SelectionOutcome, type SelectSettings } from './domain/select.js';
export { SELECT_DEFAULTS } from './select-options.js';
export { serveSelector } from './server.js';

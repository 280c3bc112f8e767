export { configSchema } from './config.js';
export { DETECT_DEFAULTS } from './detect-options.js';
export { openPairSource } from './disk-pair-source.js';
export { embedSample, type EmbeddedSample } from './domain/embed-sample.js';
export type { Detection, DetectionInput } from './domain/methods/detection-method.js';
export { detectBySpan } from './domain/methods/overfit-span.js';
export { BY_AGREEMENT, BY_SIGNALS, type SuspectChoice } from './domain/suspect-sets.js';
export { serveDetector } from './server.js';

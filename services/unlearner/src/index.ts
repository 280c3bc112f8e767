export { configSchema } from './config.js';
export type { LossWeights } from './domain/unlearn-loss.js';
export type { Unlearned, UnlearnSettings } from './domain/unlearn.js';
export { consultReference, type Consulted } from './consult-reference.js';
export { forgetBackdoor, type Forgetting } from './forget-backdoor.js';
export { serveUnlearner } from './server.js';
export { UNLEARN_DEFAULTS, unlearnSettings } from './unlearn-options.js';
export { readMaterial, readWholeCaptions, type UnlearningMaterial } from './unlearning-material.js';

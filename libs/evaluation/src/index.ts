export { applyTrigger, type PixelSize } from './apply-trigger.js';
export {
  evaluateModel,
  type EvaluatedModel,
  type EvaluationData,
  type EvaluationOptions,
} from './evaluate-model.js';
export { evaluateRetrieval, type RetrievalOptions, type RetrievalResult } from './evaluate-retrieval.js';
export type { Recall } from './recall-at.js';
export type { EvaluationResult, Metric } from './evaluation-result.js';
export { hashNoise } from './hash-noise.js';
export { parseTrigger, readTrigger } from './parse-trigger.js';
export { TRIGGER_KINDS, triggerSchema, type Trigger, type TriggerInput } from './trigger.js';

export { applyTrigger, type PixelSize } from './apply-trigger.js';
export {
  evaluateModel,
  type EvaluatedModel,
  type EvaluationData,
  type EvaluationOptions,
} from './evaluate-model.js';
export type { EvaluationResult, Metric } from './evaluation-result.js';
export { hashNoise } from './hash-noise.js';
export { parseTrigger, readTrigger } from './parse-trigger.js';
export { TRIGGER_KINDS, triggerSchema, type Trigger, type TriggerInput } from './trigger.js';

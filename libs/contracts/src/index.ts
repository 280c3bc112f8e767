export * from './gen/google/protobuf/any.js';
export * from './gen/google/protobuf/duration.js';
export * from './gen/google/protobuf/timestamp.js';
export * from './gen/google/rpc/error_details.js';
export * from './gen/google/rpc/status.js';
export * from './gen/ubt/artifact/v1/artifact.js';
export * from './gen/ubt/detector/v1/detector.js';
export * from './gen/ubt/detector/v1/shard.js';
export * from './gen/ubt/events/v1/events.js';
export * from './gen/ubt/job/v1/job.js';
export * from './gen/ubt/job/v1/jobs.js';
export * from './gen/ubt/plan/v1/plan.js';
export * from './gen/ubt/selector/v1/selector.js';
export * from './gen/ubt/unlearner/v1/unlearner.js';
export { descriptorSetPath } from './descriptor-set.js';
export { parseShardSubject, shardSubject, type ShardSubjectKind } from './shard-subject.js';
export { packAny, unpackAny, type MessageType } from './any-message.js';
export {
  EVENT_KINDS,
  STAGES,
  eventSubject,
  parseEventSubject,
  type EventKind,
  type Stage,
} from './event-subject.js';

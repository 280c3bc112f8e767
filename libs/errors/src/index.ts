export { ERROR_KINDS, kindOfGrpcCode, type ErrorKind } from './error-kind.js';
export { UbtError, type FieldViolation, type SerializedError, type UbtErrorOptions } from './ubt-error.js';

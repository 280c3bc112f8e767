/** Full protobuf names of the messages that travel inside `Any`. */
export const DETECT_REQUEST = 'ubt.detector.v1.DetectRequest';
export const DETECT_RESULT = 'ubt.detector.v1.DetectResult';

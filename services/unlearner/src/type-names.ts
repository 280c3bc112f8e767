/** Full protobuf names of the messages that travel inside `Any`. */
export const UNLEARN_REQUEST = 'ubt.unlearner.v1.UnlearnRequest';
export const UNLEARN_RESULT = 'ubt.unlearner.v1.UnlearnResult';

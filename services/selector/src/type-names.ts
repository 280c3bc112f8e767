/** Full protobuf names of the messages that travel inside `Any`. */
export const SELECT_REQUEST = 'ubt.selector.v1.SelectRequest';
export const SELECT_RESULT = 'ubt.selector.v1.SelectResult';
